"""Runs what follows the facts of a world, until nothing is left to do."""

from typing import Any

import asyncpg
from dishka import AsyncContainer
from pgqueuer.types import QueueExecutionMode

from adapters.memory import worker
from adapters.memory.store import Store
from adapters.postgres.database import Database
from adapters.postgres.pool import APP_ROLE, Pool
from adapters.postgres.queue import PostgresStarts
from entrypoints.settings import Settings
from entrypoints.worker import queue_manager


async def drain(world: AsyncContainer) -> None:
    """As a worker does it, on Postgres by the queue itself."""
    if url := (await world.get(Settings)).database_url:
        await _drain_postgres(world, url)
        return

    async def follower(kind: type) -> Any:
        async with world() as request:
            return await request.get(kind)

    await worker.drain(await world.get(Store), follower)


async def _drain_postgres(world: AsyncContainer, url: str) -> None:
    connection = await asyncpg.connect(url, ssl=False)
    await connection.execute(f"SET ROLE {APP_ROLE}")
    manager = queue_manager(world, connection, PostgresStarts(Database(await world.get(Pool))))
    await manager.run(mode=QueueExecutionMode.drain, batch_size=4)
    await connection.close()
