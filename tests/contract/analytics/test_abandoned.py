"""Attempts whose makers have died."""

from datetime import timedelta

from dishka import AsyncContainer

from application.analytics.abandoned import SettleAbandoned
from application.analytics.exports import Meter
from application.shared.ports import Clock, Transaction
from domain.analytics.usage import UsageStatus
from tests.contract.analytics.flows import an_event, an_owner, charges, reserve, settle
from tests.contract.analytics.test_meter import NOTHING, budget_of


async def sweep(world: AsyncContainer) -> int:
    async with world() as request:
        swept: int = await (await request.get(SettleAbandoned))()
        return swept


async def test_an_attempt_without_an_end_has_failed_after_a_day(world: AsyncContainer) -> None:
    owner = await an_owner(world)
    attempt = await reserve(world, owner)
    assert await sweep(world) == 1
    assert await sweep(world) == 0
    (charge,) = await charges(world, owner)
    assert (charge.event.id, charge.event.status) == (attempt, UsageStatus.ERROR)
    assert charge.cost is None  # nobody knows what the provider took
    assert (await budget_of(world, owner)).reserved == NOTHING


async def test_an_end_that_comes_after_that_is_not_charged_too(world: AsyncContainer) -> None:
    owner = await an_owner(world)
    attempt = await reserve(world, owner)
    await sweep(world)
    await settle(world, an_event(owner, id=attempt))
    assert len(await charges(world, owner)) == 1


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
