"""What is promised of prices, in memory and on Postgres."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from dishka import AsyncContainer

from application.analytics.ports import Prices
from application.analytics.prices import ListPrices, NewPrice, SetPrice
from application.analytics.views import PriceView
from application.shared.actor import Actor, Scope
from application.shared.ports import Clock
from domain.analytics.price import (
    DEFAULTS,
    InvalidPrice,
    InvalidValidity,
    Price,
    PriceOverlaps,
)
from domain.shared.errors import Forbidden
from domain.shared.ids import UserId
from tests.contract.analytics.flows import NOON, an_event, an_owner, charges, settle

ROOT = Actor(UserId(uuid4()), frozenset({Scope.ADMIN}))


async def set_price(world: AsyncContainer, **given: Any) -> PriceView:
    usual: dict[str, Any] = {
        "model": "gpt-4",
        "input_per_1k": Decimal("0.01"),
        "output_per_1k": Decimal("0.02"),
    }
    async with world() as request:
        return await (await request.get(SetPrice))(ROOT, NewPrice(**usual | given))


async def price_at(world: AsyncContainer, provider: str, **later: float) -> Price | None:
    async with world() as request:
        moment = (await request.get(Clock)).now() + timedelta(**later)
        found: Price | None = await (await request.get(Prices)).at("gpt-4", provider, moment)
        return found


async def test_an_installation_begins_with_the_prices_of_the_plans(world: AsyncContainer) -> None:
    async with world() as request:
        found = await (await request.get(Prices)).all()
    assert sorted(found, key=lambda price: price.id) == list(DEFAULTS)


async def test_a_new_price_ends_the_one_before(world: AsyncContainer) -> None:
    new = await set_price(world)
    async with world() as request:
        shown = await (await request.get(ListPrices))(ROOT)
    newest, before = [price for price in shown if price.model == "gpt-4"]
    assert (newest.id, newest.valid_to) == (new.id, None)
    assert (before.id, before.valid_to) == (DEFAULTS[1].id, new.valid_from)


async def test_a_price_waits_for_its_time(world: AsyncContainer) -> None:
    async with world() as request:
        tomorrow = (await request.get(Clock)).now() + timedelta(days=1)
    new = await set_price(world, valid_from=tomorrow)
    assert await price_at(world, "openai") == replace(DEFAULTS[1], valid_to=tomorrow)
    later = await price_at(world, "openai", days=2)
    assert later is not None
    assert later.id == new.id
    with pytest.raises(PriceOverlaps):
        await set_price(world)


async def test_a_providers_own_price_goes_before_everybodys(world: AsyncContainer) -> None:
    own = await set_price(world, provider="azure")
    found = await price_at(world, "azure", seconds=1), await price_at(world, "openai", seconds=1)
    assert [price and price.id for price in found] == [own.id, DEFAULTS[1].id]


async def test_a_price_does_not_change_the_past(world: AsyncContainer) -> None:
    owner = await an_owner(world)
    await settle(world, an_event(owner))
    with pytest.raises(InvalidValidity):
        await set_price(world, valid_from=NOON)
    await set_price(world)
    await settle(world, an_event(owner))
    assert [charge.cost for charge in await charges(world, owner)] == [Decimal("0.06")] * 2


@pytest.mark.parametrize("wrong", ["-0.01", "NaN", "Infinity", "1e-11", "1000001"])
async def test_what_is_no_amount_is_refused(memory: AsyncContainer, wrong: str) -> None:
    with pytest.raises(InvalidPrice):
        await set_price(memory, output_per_1k=Decimal(wrong))


async def test_prices_are_for_administrators(world: AsyncContainer) -> None:
    ada = Actor(await an_owner(world), frozenset({Scope.ANALYTICS}))
    async with world() as request:
        with pytest.raises(Forbidden):
            await (await request.get(ListPrices))(ada)
    async with world() as request:
        with pytest.raises(Forbidden):
            await (await request.get(SetPrice))(ada, NewPrice("x", Decimal(1), Decimal(1)))


async def test_of_two_who_set_a_price_at_once_nobody_is_lost(postgres: AsyncContainer) -> None:
    found = await asyncio.gather(
        *(set_price(postgres, model="new") for _ in range(8)), return_exceptions=True
    )
    set_ = [one for one in found if isinstance(one, PriceView)]
    assert set_
    assert all(isinstance(one, PriceView | PriceOverlaps) for one in found)
    async with postgres() as request:
        prices = [one for one in await (await request.get(Prices)).all() if one.model == "new"]
    assert {price.id for price in prices} == {price.id for price in set_}
    assert [price.valid_to for price in prices] == [None, *(p.valid_from for p in prices[:-1])]
