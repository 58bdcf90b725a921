"""What was used stays as it was written, until its account goes."""

import asyncpg
import pytest
from dishka import AsyncContainer
from sqlalchemy import text

from adapters.postgres.database import Database, Statement
from adapters.postgres.pool import Pool
from tests.contract.analytics.flows import an_event, an_owner, charges, settle


@pytest.mark.parametrize(
    "attempt",
    ["UPDATE usage_events SET cost = 0", "DELETE FROM usage_events", "TRUNCATE usage_events"],
)
async def test_nobody_who_runs_the_product_changes_usage(
    postgres: AsyncContainer, attempt: str
) -> None:
    owner = await an_owner(postgres)
    await settle(postgres, an_event(owner))
    database = Database(await postgres.get(Pool))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.row(Statement(text(attempt)), owner=owner)
    assert len(await charges(postgres, owner)) == 1


async def test_nobody_sees_what_another_used(postgres: AsyncContainer) -> None:
    ada, bob = await an_owner(postgres), await an_owner(postgres, "bob@example.org")
    await settle(postgres, an_event(ada))
    database = Database(await postgres.get(Pool))
    for relation in ("usage_events", "dirty_buckets", "user_analytics"):
        everything = Statement(text(f"SELECT * FROM {relation}"))  # noqa: S608  ours
        assert await database.rows(everything, owner=bob) == []
