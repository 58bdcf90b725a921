"""Runs the migrations, one process at a time, in one transaction each."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

import structlog
from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from adapters.postgres.knowledge.vector_index import PREFIX
from adapters.postgres.tables import metadata
from adapters.postgres.tables.base import HalfVector
from entrypoints.environment import load

LOCK = 0x636F6C6F6E6E6164  # "colonnad": of two servers that start at once, one migrates

# The queue's tables are its library's, and its migrations run through the same revisions.
OTHERS = ("jobs",)

ischema_names["halfvec"] = HalfVector  # so that `alembic check` knows it when it reads it back


def include_name(name: str | None, kind: str, _: Any) -> bool:
    if kind == "index":
        return not (name or "").startswith(PREFIX)  # made and dropped with their embedding sets
    return not (kind == "schema" and name in OTHERS)


def tell(
    ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]
) -> None:
    structlog.get_logger("migrations").info("migrated", to=step.destination_revision_ids)


def migrate(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=include_name,
        transaction_per_migration=True,
        compare_server_default=True,
        on_version_apply=tell,
    )
    with context.begin_transaction():
        context.run_migrations()


async def online(url: str) -> None:
    address = url.replace("postgresql://", "postgresql+asyncpg://", 1)
    local = {"ssl": False} if "host=/" in url else {}
    engine = create_async_engine(address, poolclass=NullPool, connect_args=local)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


def database_url() -> str:
    given = context.config.attributes.get("url") or load().database_url
    if given is None:
        raise SystemExit("DATABASE_URL is not set: `python -m entrypoints migrate` starts one")
    return str(given)


asyncio.run(online(database_url()))
