"""What every audit log promises: a chain without gaps, whoever appends at the same time."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from dishka import AsyncContainer

from adapters.postgres.pool import APP_ROLE
from application.identity.audit import VerifyAudit
from application.identity.ports import AuditLog, AuditReader
from application.identity.views import AuditFilter, AuditPageRequest
from application.shared.ports import Transaction
from domain.identity.audit import AuditEvent, Entry, Outcome, first_broken
from tests.conftest import execute
from tests.contract.identity.test_users import THEN

ADA, BOB = uuid4(), uuid4()


def an_event(number: int = 0, actor: UUID = ADA) -> AuditEvent:
    return AuditEvent(
        id=uuid4(),
        at=THEN + timedelta(microseconds=number),
        action="user.deleted" if number % 2 else "user.created",
        outcome=Outcome.DENIED if number % 3 else Outcome.SUCCESS,
        actor_id=actor,
        object_type="user",
        object_id=BOB,
        request_id=f"request-{number}",
    )


async def append(world: AsyncContainer, *events: AuditEvent) -> None:
    async with world() as request:
        log = await request.get(AuditLog)
        async with await request.get(Transaction):
            for event in events:
                await log.add(event)


async def entries(world: AsyncContainer) -> list[Entry]:
    reader: AuditReader = await world.get(AuditReader)
    return await reader.entries(0, 1000)


async def test_twenty_who_append_at_once_make_one_chain(world: AsyncContainer) -> None:
    events = [an_event(number) for number in range(40)]
    await asyncio.gather(*(append(world, *events[n : n + 2]) for n in range(0, 40, 2)))

    kept = await entries(world)
    assert [entry.number for entry in kept] == list(range(1, 41))
    assert first_broken(None, kept) is None
    assert {entry.event.id: entry.event for entry in kept} == {e.id: e for e in events}


async def test_an_entry_of_what_did_not_happen_leaves_no_gap(world: AsyncContainer) -> None:
    await append(world, an_event())
    with pytest.raises(ZeroDivisionError):
        async with world() as request:
            log = await request.get(AuditLog)
            async with await request.get(Transaction):
                await log.add(an_event())
                raise ZeroDivisionError
    await append(world, an_event())
    assert [entry.number for entry in await entries(world)] == [1, 2]


async def test_entries_are_read_in_batches(world: AsyncContainer) -> None:
    await append(world, *(an_event(number) for number in range(5)))
    reader = await world.get(AuditReader)
    assert [entry.number for entry in await reader.entries(1, 3)] == [2, 3, 4]
    assert await reader.entries(5, 3) == []


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (AuditFilter(), [5, 4, 3, 2, 1]),
        (AuditFilter(actor_id=ADA), [4, 3, 2, 1]),
        (AuditFilter(actor_id=BOB), [5]),
        (AuditFilter(action="user.deleted"), [4, 2]),
        (AuditFilter(outcome=Outcome.SUCCESS), [4, 1]),
        (AuditFilter(object_id=ADA), []),
        (AuditFilter(since=THEN + timedelta(microseconds=1)), [5, 4, 3, 2]),
        (AuditFilter(until=THEN + timedelta(microseconds=1)), [1]),
        (AuditFilter(actor_id=ADA, action="user.deleted", outcome=Outcome.SUCCESS), [4]),
    ],
)
async def test_a_filter_finds_what_it_says(
    world: AsyncContainer, wanted: AuditFilter, numbers: list[int]
) -> None:
    await append(world, *(an_event(n) for n in range(4)), an_event(4, BOB))
    reader = await world.get(AuditReader)
    seen: list[int] = []
    before = None
    while True:
        page = await reader.page(wanted, AuditPageRequest(2, before))
        seen += [entry.number for entry in page.items]
        if (before := page.next) is None:
            break
    assert seen == numbers


async def test_the_product_can_neither_change_nor_remove_an_entry(
    postgres: AsyncContainer, database: str
) -> None:
    await append(postgres, an_event())
    connection = await asyncpg.connect(database, ssl=False)
    await connection.execute(f"SET ROLE {APP_ROLE}")
    for sql in (
        "UPDATE audit_events SET action = 'nothing'",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
        "ALTER TABLE audit_events DISABLE TRIGGER ALL",
        "DROP TABLE audit_events",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(sql)
    await connection.close()
    assert len(await entries(postgres)) == 1


@pytest.mark.parametrize(
    ("tampering", "sound", "broken"),
    [
        ("SELECT 1", 1100, None),
        ("UPDATE audit_events SET action = 'user.creates' WHERE number = 1001", 1000, 1001),
        ("UPDATE audit_events SET actor_id = NULL WHERE number = 3", 2, 3),
        ("UPDATE audit_events SET at = at + '1 microsecond' WHERE number = 1100", 1099, 1100),
        ("UPDATE audit_events SET outcome = 'denied' WHERE number = 1000", 999, 1000),
        ("UPDATE audit_events SET hash = sha256(hash) WHERE number = 1002", 1001, 1002),
        ("DELETE FROM audit_events WHERE number = 1", 0, 2),
        ("DELETE FROM audit_events WHERE number = 1001", 1000, 1002),
        ("UPDATE audit_events SET number = number + 1 WHERE number = 1100", 1099, 1101),
    ],
)
async def test_what_was_tampered_with_is_found(
    postgres: AsyncContainer, database: str, tampering: str, sound: int, broken: int | None
) -> None:
    await append(postgres, *(an_event(n - n % 3) for n in range(1100)))
    await execute(database, tampering)
    async with postgres() as request:
        verdict = await (await request.get(VerifyAudit))()
    assert verdict.sound == sound
    assert (verdict.broken.number if verdict.broken else None) == broken
