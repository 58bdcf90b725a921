"""What is promised of budgets and charges, in memory and on Postgres."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from dishka import AsyncContainer

from application.analytics.exports import EXTRACTIVE, LOCAL, BudgetExceeded, UsageStatus
from application.analytics.ports import Budgets, UsageLog
from application.shared.ports import Transaction
from domain.analytics.budget import UNKNOWN, Budget
from domain.analytics.price import DEFAULTS, Price, charge
from domain.shared.ids import UserId
from tests.contract.analytics.flows import NOON, an_event, an_owner, charges, reserve, settle

NOTHING = Decimal(0)


async def budget_of(world: AsyncContainer, owner: UserId) -> Budget:
    async with world() as request, await request.get(Transaction):
        budget: Budget = await (await request.get(Budgets)).get(owner)
        return budget


async def test_the_eleventh_request_of_a_minute_waits_for_the_next(world: AsyncContainer) -> None:
    owner = await an_owner(world)
    for _ in range(10):
        await reserve(world, owner)
    with pytest.raises(BudgetExceeded) as refused:
        await reserve(world, owner, NOON + timedelta(seconds=20))
    assert refused.value.retry_after == timedelta(seconds=40)
    assert "2026-03-10T12:01:00+00:00" in str(refused.value)
    await reserve(world, owner, NOON + timedelta(minutes=1))


async def test_a_refused_request_leaves_nothing(world: AsyncContainer) -> None:
    owner = await an_owner(world)
    for _ in range(10):
        await reserve(world, owner)
    before = await budget_of(world, owner)
    with pytest.raises(BudgetExceeded):
        await reserve(world, owner)
    assert await budget_of(world, owner) == before


async def test_a_budget_is_of_its_owner_only(world: AsyncContainer) -> None:
    ada, bob = await an_owner(world), await an_owner(world, "bob@example.org")
    for _ in range(10):
        await reserve(world, ada)
    await reserve(world, bob)


async def test_an_attempt_is_charged_once_however_often_it_is_told(world: AsyncContainer) -> None:
    owner = await an_owner(world)
    event = an_event(owner, id=await reserve(world, owner))
    assert (await budget_of(world, owner)).reserved == Decimal("0.06")
    assert await settle(world, event, event) == [Decimal("0.06")] * 2
    budget = await budget_of(world, owner)
    assert (budget.spent, budget.reserved) == (Decimal("0.06"), NOTHING)
    assert len(await charges(world, owner)) == 1


async def test_what_has_no_price_holds_a_flat_amount_back(world: AsyncContainer) -> None:
    owner = await an_owner(world)
    unknown = {"model_asked": "nobody-knows", "model_used": "nobody-knows"}
    attempt = await reserve(world, owner, model="nobody-knows")
    assert (await budget_of(world, owner)).reserved == UNKNOWN
    assert await settle(world, an_event(owner, id=attempt, **unknown)) == [None]
    budget = await budget_of(world, owner)
    assert (budget.spent, budget.reserved) == (NOTHING, NOTHING)


async def test_what_is_answered_here_costs_nothing_and_counts_against_nothing(
    world: AsyncContainer,
) -> None:
    owner = await an_owner(world)
    here = {"provider": LOCAL, "model_asked": EXTRACTIVE, "model_used": EXTRACTIVE}
    assert await settle(world, an_event(owner, **here)) == [NOTHING]
    await settle(world, an_event(owner, id=await reserve(world, owner), **here))
    budget = await budget_of(world, owner)
    assert (budget.day_requests, budget.spent, budget.reserved) == (0, NOTHING, NOTHING)


@pytest.mark.parametrize(
    ("asked", "used", "price", "cost"),
    [
        ("gpt-4", "gpt-4-0613", DEFAULTS[1], "0.06"),
        ("gpt-4", "gpt-3.5-turbo", DEFAULTS[2], "0.002"),
        ("our-deployment", "gpt-4", DEFAULTS[1], "0.06"),
        ("nobody-knows", "nobody-knows-0613", None, None),
    ],
)
async def test_the_price_is_that_of_the_model_that_answered_or_else_of_the_one_that_was_asked(
    world: AsyncContainer, asked: str, used: str, price: Price | None, cost: str | None
) -> None:
    owner = await an_owner(world)
    (told,) = await settle(world, an_event(owner, model_asked=asked, model_used=used))
    assert told == (cost and Decimal(cost))
    (charged,) = await charges(world, owner)
    assert (charged.price_id, charged.cost) == (price and price.id, told)


async def test_a_failed_attempt_gives_its_reservation_back(world: AsyncContainer) -> None:
    owner = await an_owner(world)
    nothing = {"status": UsageStatus.ERROR, "input_tokens": 0, "output_tokens": 0}
    await settle(world, an_event(owner, id=await reserve(world, owner), **nothing))
    budget = await budget_of(world, owner)
    assert (budget.day_requests, budget.spent, budget.reserved) == (1, NOTHING, NOTHING)


async def test_a_charge_is_new_once(world: AsyncContainer) -> None:
    event = an_event(await an_owner(world))
    for new in (True, False):
        async with world() as request, await request.get(Transaction):
            charged = charge(event, DEFAULTS[1])
            assert await (await request.get(UsageLog)).add(charged) is new


async def test_an_owner_who_is_gone_lives_by_utc(memory: AsyncContainer) -> None:
    await reserve(memory, UserId(uuid4()))
