"""What every LoginFailures adapter promises."""

import asyncio
from datetime import UTC, datetime, timedelta

from dishka import AsyncContainer

from application.identity.ports import LoginFailures
from application.shared.ports import Transaction
from domain.identity.login_failures import Failures, identifier

THEN = datetime(2026, 1, 1, tzinfo=UTC)
ADA, EVE = identifier("ada@example.org"), identifier("eve@example.org")


async def fail(world: AsyncContainer, at: datetime, who: bytes = ADA) -> None:
    async with world() as request:
        failures = await request.get(LoginFailures)
        async with await request.get(Transaction):
            held = await failures.hold(who, at)
            held.add(at)
            await failures.save(held)


async def found(world: AsyncContainer, who: bytes = ADA) -> Failures | None:
    async with world() as request:
        failures: LoginFailures = await request.get(LoginFailures)
        return await failures.get(who)


async def test_failures_are_kept_for_each_identifier(world: AsyncContainer) -> None:
    assert await found(world) is None
    for number in range(6):
        await fail(world, THEN + timedelta(seconds=number))
    await fail(world, THEN, EVE)

    assert await found(world) == Failures(
        identifier=ADA,
        count=6,
        first_at=THEN,
        last_at=THEN + timedelta(seconds=5),
        locked_until=THEN + timedelta(seconds=9),
    )
    assert await found(world, EVE) == Failures(identifier=EVE, count=1, first_at=THEN, last_at=THEN)


async def test_a_reset_forgets_one_identifier(world: AsyncContainer) -> None:
    await fail(world, THEN)
    await fail(world, THEN, EVE)
    async with world() as request:
        await (await request.get(LoginFailures)).reset(ADA)
    assert await found(world) is None
    assert await found(world, EVE) is not None


async def test_those_who_fail_at_once_are_counted_one_by_one(world: AsyncContainer) -> None:
    await asyncio.gather(*(fail(world, THEN) for _ in range(20)))
    failures = await found(world)
    assert failures is not None
    assert failures.count == 20
