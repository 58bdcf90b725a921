"""Transactions in which Postgres plans as search needs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text

from adapters.postgres.database import Database, Statement
from domain.shared.ids import UserId

# Choosing by distance one would rather sort an owner's vectors than walk the HNSW index; workers
# cost more than they save. The cast loads pgvector, so that a setting it does not know is an error,
# not a placeholder.
TUNE = Statement(
    text("""
    SELECT '[0]'::halfvec, set_config('enable_sort', 'off', true),
        set_config('work_mem', '32MB', true),
        set_config('max_parallel_workers_per_gather', '0', true),
        set_config('hnsw.iterative_scan', 'relaxed_order', true),
        set_config('hnsw.ef_search', '120', true)
    """)
)
_SETTINGS = {"hnsw.iterative_scan": "relaxed_order", "hnsw.ef_search": "120"}
_TAKEN = Statement(
    text("SELECT name, setting FROM pg_settings WHERE name = ANY (CAST(:names AS text[]))")
)
# All statements of a search see the same versions: one that is published, and whose predecessor is
# removed, between two of them would be found by none.
_AT_ONCE = Statement(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
# Undone in a caller's transaction: what a search sets is not for the statements after it.
_BEGIN = Statement(text("SAVEPOINT search"))
_UNDO = Statement(text("ROLLBACK TO SAVEPOINT search"))
_END = Statement(text("RELEASE SAVEPOINT search"))


async def check_tuning(database: Database) -> None:
    """Raises RuntimeError when Postgres does not know a setting of the index: searches would find
    less, and nobody would be told."""
    async with database:
        await database.row(TUNE)
        rows = await database.rows(_TAKEN, {"names": [*_SETTINGS]})
    if {row["name"]: row["setting"] for row in rows} != _SETTINGS:
        raise RuntimeError(f"pgvector does not take {_SETTINGS}: it has to be 0.8 or later")


@asynccontextmanager
async def tuned(database: Database, owner: UserId) -> AsyncIterator[None]:
    """A transaction, or a part of the open one."""
    if not _is_open(database):
        async with database:
            await database.row(_AT_ONCE)
            await database.row(TUNE, owner=owner)
            yield
        return
    await database.row(_BEGIN, owner=owner)  # the owner is set before it, and stays
    try:
        await database.row(TUNE)
        yield
    finally:
        await database.row(_UNDO)
        await database.row(_END)


@asynccontextmanager
async def transaction(database: Database) -> AsyncIterator[None]:
    """The open one, or one of our own."""
    if _is_open(database):
        yield
    else:
        async with database:
            yield


def _is_open(database: Database) -> bool:
    try:
        return database.connection is not None
    except RuntimeError:
        return False
