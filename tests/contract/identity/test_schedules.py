"""What is done by the clock is done, by one of the workers."""

import asyncio

import asyncpg
from dishka import AsyncContainer

from adapters.postgres.database import Database
from adapters.postgres.pool import APP_ROLE, Pool
from adapters.postgres.queue import PostgresStarts
from application.identity.ports import Users
from application.shared.ports import Clock
from domain.identity.user import RESTORABLE
from entrypoints.schedules import scheduler
from entrypoints.worker import queue_manager
from tests.conftest import execute
from tests.contract.identity.test_users import a_user


async def test_accounts_deleted_long_ago_are_purged_when_the_time_has_come(
    postgres: AsyncContainer, database: str
) -> None:
    user = await a_user(postgres)
    user.deleted_at = (await postgres.get(Clock)).now() - RESTORABLE
    async with postgres() as request:
        await (await request.get(Users)).add(user)

    connection = await asyncpg.connect(database, ssl=False)
    await connection.execute(f"SET ROLE {APP_ROLE}")
    starts = PostgresStarts(Database(await postgres.get(Pool)))
    manager = queue_manager(postgres, connection, starts)
    first = asyncio.create_task(scheduler(postgres, manager).run())
    await until(database, "SELECT count(*) = 2 FROM jobs.pgqueuer_schedules")
    await asyncio.sleep(0.2)
    assert await holds(database, "SELECT count(*) = 1 FROM users"), "its time has not come"
    manager.shutdown.set()
    await first

    await execute(database, "UPDATE jobs.pgqueuer_schedules SET next_run = now()")
    manager = queue_manager(postgres, connection, starts)
    second = asyncio.create_task(scheduler(postgres, manager).run())
    await until(database, "SELECT count(*) = 0 FROM users")
    manager.shutdown.set()
    await second
    await connection.close()


async def until(url: str, question: str) -> None:
    async with asyncio.timeout(20):
        while not await holds(url, question):  # noqa: ASYNC110  it happens elsewhere
            await asyncio.sleep(0.05)


async def holds(url: str, question: str) -> bool:
    connection = await asyncpg.connect(url, ssl=False)
    try:
        return bool(await connection.fetchval(question))
    finally:
        await connection.close()
