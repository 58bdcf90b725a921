"""Attempts whose makers have died."""

from datetime import timedelta

from dishka import AsyncContainer

from application.analytics.abandoned import ReleaseAbandoned
from application.analytics.exports import Meter
from application.shared.ports import Clock, Transaction
from domain.analytics.budget import LIFETIME
from tests.contract.analytics.flows import an_event, an_owner, charges, reserve, settle
from tests.contract.analytics.test_meter import NOTHING, budget_of


async def sweep(world: AsyncContainer) -> int:
    async with world() as request:
        swept: int = await (await request.get(ReleaseAbandoned))()
        return swept


async def test_an_attempt_without_an_end_holds_nothing_back_after_a_day(
    world: AsyncContainer,
) -> None:
    owner = await an_owner(world)
    await reserve(world, owner)
    assert await sweep(world) == 1
    assert await sweep(world) == 0
    assert (await budget_of(world, owner)).reserved == NOTHING
    assert await charges(world, owner) == []


async def test_an_end_that_comes_after_that_is_charged_all_the_same(world: AsyncContainer) -> None:
    owner = await an_owner(world)
    async with world() as request:
        now = (await request.get(Clock)).now()
    attempt = await reserve(world, owner, now - LIFETIME)
    await sweep(world)
    for _ in range(2):
        await settle(world, an_event(owner, id=attempt, started_at=now))
    (charge,) = await charges(world, owner)
    budget = await budget_of(world, owner)
    assert (budget.spent, budget.reserved) == (charge.cost, NOTHING)


async def test_an_attempt_that_is_never_made_holds_nothing_back(world: AsyncContainer) -> None:
    owner = await an_owner(world)
    attempt = await reserve(world, owner)
    for _ in range(2):
        async with world() as request, await request.get(Transaction):
            await (await request.get(Meter)).cancel(owner, attempt)
    budget = await budget_of(world, owner)
    assert (budget.reserved, budget.minute_requests, budget.day_requests) == (NOTHING, 0, 0)
    assert await sweep(world) == 0


async def test_an_attempt_that_waits_for_a_night_is_left_alone(world: AsyncContainer) -> None:
    owner = await an_owner(world)
    async with world() as request:
        now = (await request.get(Clock)).now()
    await reserve(world, owner, now - timedelta(hours=12))
    assert await sweep(world) == 0
