"""What is only true on Postgres: the locks of a switch, and the indexes."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import asyncpg
import pytest
from dishka import AsyncContainer

from adapters.postgres.database import Database
from adapters.postgres.knowledge.vector_index import create, index_name
from adapters.postgres.maintenance import MAINTENANCE_ROLE
from application.knowledge.embedding_ports import EmbeddingSets
from application.knowledge.embedding_sets import BuildEmbeddings, DropEmbeddings, SwitchSet
from application.shared.ports import Transaction
from domain.knowledge.embedding import TRIES
from domain.shared.errors import Unavailable
from domain.shared.ids import UserId
from tests.contract.knowledge.embedding_sets.conftest import (
    ChangingModels,
    WordsModel,
    do,
    states,
)
from tests.contract.knowledge.embedding_sets.steps import once, pass_time, start
from tests.contract.knowledge.embedding_sets.test_ports import a_set
from tests.contract.knowledge.library import LEASE, store_version

VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)"
WAITS = (
    "SELECT count(*) > 0 FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def world(postgres: AsyncContainer) -> AsyncContainer:
    return postgres


async def ask(url: str, question: str, *arguments: object) -> object:
    connection = await asyncpg.connect(url, ssl=False)
    try:
        return await connection.fetchval(question, *arguments)
    finally:
        await connection.close()


async def until(ask: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(20):
        while not await ask():  # noqa: ASYNC110  it happens elsewhere
            await asyncio.sleep(0.02)


async def test_a_switch_waits_for_ingestion_that_holds_the_sets(
    world: AsyncContainer, models: ChangingModels, database: str
) -> None:
    """Or a version could end its step between the look at what is missing and the switch."""
    one, two = WordsModel("one"), WordsModel("two")
    await start(world, models, one)
    models.use(two, one)
    async with world() as request:
        await (await request.get(EmbeddingSets)).save(a_set("two"))
    await create(database, a_set("two"))  # which would wait, too
    async with world() as request:
        async with await request.get(Transaction):
            await (await request.get(EmbeddingSets)).held()
            switch = asyncio.create_task(do(world, SwitchSet))
            await until(lambda: ask(database, WAITS))
            assert (await states(world))["two"] == "building"
        assert await switch
    assert (await states(world))["two"] == "active"


async def test_ingestion_waits_for_no_other_ingestion(world: AsyncContainer) -> None:
    async with world() as one, await one.get(Transaction):
        await (await one.get(EmbeddingSets)).held()
        async with world() as two, await two.get(Transaction):
            await (await two.get(EmbeddingSets)).held()


async def test_a_set_has_its_index_from_when_it_answers_until_it_goes(
    world: AsyncContainer, models: ChangingModels, ada: UserId, database: str
) -> None:
    one, two = WordsModel("one"), WordsModel("two")
    await start(world, models, one)
    await store_version(world, ada, "Lease", *LEASE)
    await start(world, models, two, one)
    assert not await ask(database, VALID, index_name("two"))
    await do(world, BuildEmbeddings)
    assert await ask(database, VALID, index_name("one"))
    assert await ask(database, VALID, index_name("two"))
    await pass_time(world, "one")
    await do(world, DropEmbeddings)
    assert await ask(database, "SELECT to_regclass($1)", index_name("one")) is None


async def test_what_is_left_of_an_index_whose_making_was_ended_is_replaced(
    world: AsyncContainer, models: ChangingModels, ada: UserId, database: str
) -> None:
    """Postgres leaves an invalid one, which costs at each write and is never asked."""
    one = a_set("one")
    blocker = await asyncpg.connect(database, ssl=False)
    await blocker.execute("BEGIN; LOCK TABLE chunk_vectors IN ROW EXCLUSIVE MODE")
    making = asyncio.create_task(create(database, one))
    await until(lambda: ask(database, WAITS))
    kill = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND query LIKE '%CREATE INDEX CONCURRENTLY%'"
        " AND pid <> pg_backend_pid()"
    )
    await ask(database, kill)
    with pytest.raises(Exception, match=r"terminat|closed|answer"):
        await making
    await blocker.close()
    assert await ask(database, VALID, index_name("one")) is False

    await create(database, one)
    assert await ask(database, VALID, index_name("one")) is True


async def test_two_may_make_the_same_index_at_once(database: str) -> None:
    await asyncio.gather(*(create(database, a_set("one")) for _ in range(2)))
    assert await ask(database, VALID, index_name("one")) is True


async def test_only_the_role_for_upkeep_sees_the_work_of_all(
    world: AsyncContainer, models: ChangingModels, ada: UserId, database: str
) -> None:
    await start(world, models, None)
    await store_version(world, ada, "Lease", *LEASE)
    async with world() as request:
        assert await _count(await request.get(Database)) == 0
    assert await ask(
        database, "SELECT rolbypassrls FROM pg_roles WHERE rolname = $1", MAINTENANCE_ROLE
    )
    await start(world, models, WordsModel("one"))
    assert await do(world, BuildEmbeddings) == 4


async def test_no_version_is_blamed_for_a_database_that_keeps_no_vector(
    world: AsyncContainer, models: ChangingModels, ada: UserId, database: str
) -> None:
    one = WordsModel("one")
    await start(world, models, None)
    await store_version(world, ada, "Lease", *LEASE)
    await start(world, models, one)
    for _ in range(TRIES):
        one.before = once(partial(ask, database, "ALTER TABLE chunk_vectors RENAME TO away"))
        with pytest.raises(Unavailable):
            await do(world, BuildEmbeddings)
        await ask(database, "ALTER TABLE away RENAME TO chunk_vectors")
    assert await do(world, BuildEmbeddings) == 4


async def _count(database: Database) -> object:
    async with database:
        return await database.connection.fetchval("SELECT count(*) FROM chunks")
