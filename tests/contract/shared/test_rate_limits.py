"""What every RateLimits adapter promises."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from dishka import AsyncContainer

from application.shared.limits import RateLimits, Usage
from application.shared.ports import Transaction
from domain.shared.errors import Busy

THEN = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def test_more_than_the_limit_within_the_window_is_too_much(world: AsyncContainer) -> None:
    limits = await world.get(RateLimits)
    for number in (1, 2, 3):
        assert await limits.count("a", 3, MINUTE, THEN) == Usage(number, MINUTE)
    later = THEN + timedelta(seconds=20)
    with pytest.raises(Busy) as raised:
        await limits.count("a", 3, MINUTE, later)
    assert raised.value.retry_after == timedelta(seconds=40)
    await limits.count("b", 3, MINUTE, later)


async def test_a_window_ends_and_another_begins(world: AsyncContainer) -> None:
    limits = await world.get(RateLimits)
    await limits.count("a", 1, MINUTE, THEN)
    with pytest.raises(Busy):
        await limits.count("a", 1, MINUTE, THEN + MINUTE - timedelta(seconds=1))
    await limits.count("a", 1, MINUTE, THEN + MINUTE)
    with pytest.raises(Busy):
        await limits.count("a", 1, MINUTE, THEN + MINUTE)


async def test_to_check_counts_nothing(world: AsyncContainer) -> None:
    limits = await world.get(RateLimits)
    for _ in range(3):
        await limits.check("a", 1, MINUTE, THEN)
    await limits.count("a", 1, MINUTE, THEN)
    with pytest.raises(Busy) as raised:
        await limits.check("a", 1, MINUTE, THEN)
    assert raised.value.retry_after == MINUTE
    await limits.check("a", 2, MINUTE, THEN)
    await limits.check("a", 1, MINUTE, THEN + MINUTE)


async def test_what_was_counted_stays_when_the_transaction_fails(world: AsyncContainer) -> None:
    async with world() as request:
        limits = await request.get(RateLimits)
        with pytest.raises(ZeroDivisionError):
            async with await request.get(Transaction):
                await limits.count("a", 1, MINUTE, THEN)
                raise ZeroDivisionError
        with pytest.raises(Busy):
            await limits.check("a", 1, MINUTE, THEN)


async def test_those_who_come_at_once_are_counted_one_by_one(world: AsyncContainer) -> None:
    limits = await world.get(RateLimits)
    counts = (limits.count("a", 20, MINUTE, THEN) for _ in range(50))
    answers = await asyncio.gather(*counts, return_exceptions=True)
    assert sum(isinstance(answer, Busy) for answer in answers) == 30
