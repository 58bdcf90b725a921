"""The ledger of what was sent: complete, its owner's, and never changed."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest
from dishka import AsyncContainer

from adapters.postgres.pool import APP_ROLE
from application.models.ports import EgressLedger
from application.shared.page import PageRequest
from application.shared.ports import Ids
from domain.models.egress import EgressEvent
from domain.shared.ids import UserId
from tests.contract.models.conftest import somebody


async def sent(world: AsyncContainer, owner: UserId, objects: int = 2) -> EgressEvent:
    event = EgressEvent(
        user_id=owner,
        id=(await world.get(Ids)).next(),
        attempt_id=uuid4(),
        provider="openai",
        model="gpt-4o-mini",
        purpose="ai_external.documents",
        object_ids=tuple(uuid4() for _ in range(objects)),
        bytes=1234,
        sha256="0" * 64,
        at=datetime(2026, 11, 25, tzinfo=UTC),
    )
    async with world() as request:
        await (await request.get(EgressLedger)).add(event)
    return event


async def test_what_was_sent_is_told_as_it_was(world: AsyncContainer) -> None:
    ada = await somebody(world)
    events = [await sent(world, ada, objects) for objects in range(3)]
    async with world() as request:
        ledger = await request.get(EgressLedger)
        assert (await ledger.page(ada, PageRequest())).items == events[::-1]


async def test_the_ledger_comes_in_pages(world: AsyncContainer) -> None:
    ada = await somebody(world)
    events = [await sent(world, ada) for _ in range(5)]
    async with world() as request:
        ledger = await request.get(EgressLedger)
        first = await ledger.page(ada, PageRequest(size=3))
        rest = await ledger.page(ada, PageRequest(size=3, after=first.next))
    assert first.items + rest.items == events[::-1]
    assert rest.next is None


async def test_nobody_sees_what_was_sent_for_another(world: AsyncContainer) -> None:
    ada, bob = await somebody(world), await somebody(world, "bob@example.org")
    mine = await sent(world, ada)
    await sent(world, bob)
    async with world() as request:
        ledger = await request.get(EgressLedger)
        assert (await ledger.page(ada, PageRequest())).items == [replace(mine)]


async def test_the_product_can_neither_change_nor_remove_what_was_sent(
    postgres: AsyncContainer, database: str
) -> None:
    ada = await somebody(postgres)
    event = await sent(postgres, ada)
    connection = await asyncpg.connect(database, ssl=False)
    await connection.execute(f"SET ROLE {APP_ROLE}; SET app.user_id = '{ada}'")
    for sql in (
        "UPDATE egress_events SET bytes = 0",
        "DELETE FROM egress_events",
        "TRUNCATE egress_events",
        "DROP TABLE egress_events",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(sql)
    await connection.close()
    async with postgres() as request:
        assert (await (await request.get(EgressLedger)).page(ada, PageRequest())).items == [event]
