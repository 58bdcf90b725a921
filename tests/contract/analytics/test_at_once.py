"""Budgets when many ask at the same moment, in two processes."""

import asyncio
import sys
from decimal import Decimal

import pytest
from dishka import AsyncContainer

from domain.shared.ids import UserId
from entrypoints.database import ROOT
from tests.contract.analytics.flows import an_owner
from tests.contract.analytics.test_meter import budget_of

EACH = 50


async def taken(database: str, owner: UserId, per_minute: int, per_month: str) -> int:
    """How many of a hundred requests are."""
    command = [sys.executable, "-m", "tests.contract.analytics.reserving", database, str(owner)]
    both = [
        await asyncio.create_subprocess_exec(
            *command,
            str(EACH),
            str(per_minute),
            per_month,
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(2)
    ]
    printed = [(await process.communicate())[0] for process in both]
    return sum(int(one) for one in printed)


async def test_of_a_hundred_requests_in_two_processes_ten_are_taken(
    postgres: AsyncContainer, database: str
) -> None:
    owner = await an_owner(postgres)
    assert await taken(database, owner, per_minute=10, per_month="0") == 10


@pytest.mark.parametrize(
    ("per_month", "count", "reserved"),
    [("2.40", 40, "2.40"), ("2.39", 39, "2.34"), ("9", 100, "6")],
)
async def test_of_a_hundred_requests_in_two_processes_as_many_are_taken_as_there_is_money_for(
    postgres: AsyncContainer, database: str, per_month: str, count: int, reserved: str
) -> None:
    owner = await an_owner(postgres)
    assert await taken(database, owner, per_minute=0, per_month=per_month) == count
    budget = await budget_of(postgres, owner)
    assert (budget.spent, budget.reserved) == (Decimal(0), Decimal(reserved))
