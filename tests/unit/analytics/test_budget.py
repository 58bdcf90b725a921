from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from domain.analytics.budget import Budget, BudgetExceeded, Limits
from domain.shared.ids import UserId

UTC_ZONE = ZoneInfo("UTC")
NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
OFF = Limits(0, 0, Decimal(0))


def a_budget() -> Budget:
    return Budget(user_id=UserId(uuid4()))


def test_limits_that_are_off_limit_nothing() -> None:
    budget = a_budget()
    for _ in range(1000):
        budget.take(OFF, NOON, UTC_ZONE)


def test_a_day_ends_at_the_owners_midnight() -> None:
    budget, limits = a_budget(), Limits(0, 1, Decimal(0))
    budget.take(limits, NOON, NEW_YORK)
    with pytest.raises(BudgetExceeded) as refused:
        budget.take(limits, NOON, NEW_YORK)
    assert refused.value.retry_after == timedelta(hours=16)  # to 04:00 UTC
    budget.take(limits, NOON + refused.value.retry_after, NEW_YORK)


def test_travelling_west_begins_no_day_again() -> None:
    budget, limits = a_budget(), Limits(0, 1, Decimal(0))
    budget.take(limits, NOON, ZoneInfo("Pacific/Kiritimati"))  # where it is tomorrow
    for zone in ("Pacific/Pago_Pago", "Pacific/Kiritimati"):
        with pytest.raises(BudgetExceeded):
            budget.take(limits, NOON, ZoneInfo(zone))


def test_running_requests_hold_money_back_for_a_moment() -> None:
    budget, limits = a_budget(), Limits(0, 0, Decimal("0.80"))
    budget.take(limits, NOON, UTC_ZONE)
    budget.take(limits, NOON, UTC_ZONE)
    with pytest.raises(BudgetExceeded) as refused:
        budget.take(limits, NOON, UTC_ZONE)
    assert refused.value.retry_after == timedelta(minutes=1)


def test_spent_money_comes_back_with_the_month() -> None:
    budget, limits = a_budget(), Limits(0, 0, Decimal(100))
    budget.take(limits, NOON, UTC_ZONE)
    budget.spent = Decimal(100)
    with pytest.raises(BudgetExceeded) as refused:
        budget.take(limits, NOON, UTC_ZONE)
    april = NOON + refused.value.retry_after
    assert april == datetime(2026, 4, 1, tzinfo=UTC)
    budget.take(limits, april, UTC_ZONE)
