"""What concerns all users at once. Only here does row security not bind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import ARRAY, Text, any_, bindparam, func, select

from adapters.postgres.database import Database, Statement
from adapters.postgres.pool import open_pool
from adapters.postgres.tables.files import stored_files
from domain.files.file import StorageKey

MAINTENANCE_ROLE = "colonnade_maintenance"

_f = stored_files.c
_CREATED = Statement(
    select(_f.storage_key, _f.created_at).where(
        _f.storage_key == any_(bindparam("keys", type_=ARRAY(Text)))
    )
)
_COUNT = Statement(select(func.count()).where(_f.created_at < bindparam("before")))


@asynccontextmanager
async def maintenance(url: str) -> AsyncIterator[Database]:
    """A connection of its own, that sees everybody's rows."""
    pool = await open_pool(url, 1, role=MAINTENANCE_ROLE)
    try:
        yield Database(pool)
    finally:
        await pool.close()


class PostgresAllFiles:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def created(self, keys: list[StorageKey]) -> dict[StorageKey, datetime]:
        rows = await self._database.rows(_CREATED, {"keys": keys})
        return {StorageKey(row["storage_key"]): row["created_at"] for row in rows}

    async def count(self, before: datetime) -> int:
        (row,) = await self._database.rows(_COUNT, {"before": before})
        counted: int = row[0]
        return counted
