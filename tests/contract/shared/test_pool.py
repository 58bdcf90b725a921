"""What the pool of connections promises under load, cancellation and loss."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import text

from adapters.postgres import pool as pool_module
from adapters.postgres.database import Database, Statement
from adapters.postgres.pool import Pool, open_pool
from domain.shared.errors import Unavailable
from entrypoints.embedded_postgres import Cluster
from tests.conftest import execute

_ONE = Statement(text("SELECT 1 AS one"))
_SLOW = Statement(text("SELECT pg_sleep(0.05)"))
_ENDLESS = Statement(text("SELECT pg_sleep(20)"))
_NONSENSE = Statement(text("SELECT 1 / 0"))
# An ErrorResponse, as every backend sends it when another one has crashed.
_LAST_WORDS = b"SFATAL\0VFATAL\0C57P02\0Mterminating connection\0\0"
_CRASHED = b"E" + (len(_LAST_WORDS) + 4).to_bytes(4) + _LAST_WORDS


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    pool = await open_pool(database, 2)
    yield pool
    await pool.close()


async def one(pool: Pool) -> int:
    row = await Database(pool).row(_ONE)
    assert row is not None
    value: int = row["one"]
    return value


async def test_more_askers_than_connections_take_turns(pool: Pool) -> None:
    await asyncio.gather(*(Database(pool).row(_SLOW) for _ in range(9)))
    assert await one(pool) == 1


async def test_who_finds_no_connection_in_time_is_told_to_come_again(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "PATIENCE", 0.05)
    async with Database(pool), Database(pool):
        with pytest.raises(Unavailable):
            await one(pool)
    assert await one(pool) == 1


async def test_a_failed_statement_costs_no_connection(pool: Pool) -> None:
    for _ in range(5):
        with pytest.raises(asyncpg.DivisionByZeroError, match="division by zero"):
            await Database(pool).row(_NONSENSE)
    assert await asyncio.gather(*(one(pool) for _ in range(4))) == [1] * 4


async def test_a_cancelled_statement_is_stopped_and_its_connection_serves_again(
    pool: Pool,
) -> None:
    asked = [asyncio.create_task(Database(pool).row(_ENDLESS)) for _ in range(2)]
    await asyncio.sleep(0.05)
    for task in asked:
        task.cancel()
    await asyncio.wait(asked)
    async with asyncio.timeout(5):
        assert await asyncio.gather(*(one(pool) for _ in range(4))) == [1] * 4


async def test_who_is_cancelled_while_waiting_keeps_no_connection_from_the_others(
    pool: Pool,
) -> None:
    for _ in range(20):
        asked = [asyncio.create_task(Database(pool).row(_SLOW)) for _ in range(8)]
        await asyncio.sleep(0.001)
        for task in asked[2:5]:
            task.cancel()
        await asyncio.wait(asked)
        assert await asyncio.gather(*(one(pool) for _ in range(4))) == [1] * 4


async def test_a_turn_that_is_cancelled_as_it_comes_is_passed_on(pool: Pool) -> None:
    lent = [await pool.lend(), await pool.lend()]
    first, second = asyncio.create_task(pool.lend()), asyncio.create_task(pool.lend())
    await asyncio.sleep(0)
    pool.give_back(lent[0])  # the first has it now, but has not run since
    first.cancel()
    async with asyncio.timeout(1):
        assert await second is lent[0]
    with suppress(asyncio.CancelledError):
        await first
    pool.give_back(lent[0])
    pool.give_back(lent[1])


async def test_a_cancelled_transaction_leaves_nothing_open(pool: Pool) -> None:
    async def change() -> None:
        database = Database(pool)
        async with database:
            await database.row(_ENDLESS)

    task = asyncio.create_task(change())
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait([task])
    open_now = Statement(
        text("SELECT count(*) AS n FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
    )
    row = await Database(pool).row(open_now)
    assert row is not None
    assert row["n"] == 0


async def test_lost_connections_are_replaced(pool: Pool, database: str) -> None:
    await asyncio.gather(*(Database(pool).row(_SLOW) for _ in range(2)))
    await execute(
        database,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    await asyncio.sleep(0.05)
    assert await asyncio.gather(*(one(pool) for _ in range(4))) == [1] * 4


async def test_a_server_whose_last_words_come_before_the_end_of_its_connection_is_away(
    cluster: Cluster, database: str
) -> None:
    """As when it is killed on a busy machine: what a statement meets then is no error of ours."""
    async with relayed(cluster, database) as (url, say):
        pool = await open_pool(url, 1)
        assert await one(pool) == 1
        await say(_CRASHED)
        await asyncio.sleep(0.05)  # they are heard while nobody waits for an answer
        with pytest.raises(Unavailable):
            await one(pool)
        assert await one(pool) == 1
        await pool.close()


@asynccontextmanager
async def relayed(
    cluster: Cluster, database: str
) -> AsyncIterator[tuple[str, Callable[[bytes], Awaitable[None]]]]:
    """A way to the database, and how to say something to its last client in the server's name."""
    clients: list[asyncio.StreamWriter] = []

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clients.append(writer)
        to_server = await asyncio.open_unix_connection(cluster.socket / ".s.PGSQL.5432")
        await asyncio.gather(_copy(reader, to_server[1]), _copy(to_server[0], writer))

    async def say(words: bytes) -> None:
        clients[-1].write(words)
        await clients[-1].drain()

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    name = urlsplit(database).path
    async with server:
        yield f"postgresql://postgres@127.0.0.1:{port}{name}?sslmode=disable", say


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
    writer.close()


async def test_a_transaction_in_which_a_statement_failed_does_not_pass_for_kept(
    pool: Pool,
) -> None:
    database = Database(pool)
    with pytest.raises(RuntimeError, match="nothing of it was kept"):
        async with database:
            with suppress(asyncpg.DivisionByZeroError):
                await database.row(_NONSENSE)
    assert await one(pool) == 1
