from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.analytics.budget import Budget, BudgetExceeded, Limits, Reservation
from domain.analytics.usage import Charge, Feature, UsageEvent, UsageStatus
from domain.shared.ids import UserId

UTC_ZONE = ZoneInfo("UTC")
NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
OFF = Limits(0, 0, Decimal(0))
CHEAP = Decimal("0.01")


def a_budget() -> Budget:
    return Budget(user_id=UserId(uuid4()))


def only_money(limit: str) -> Limits:
    return Limits(0, 0, Decimal(limit))


def settle(budget: Budget, held: Decimal, cost: Decimal) -> None:
    """An attempt for which `held` was held back ends, and has cost `cost`."""
    event = UsageEvent(
        id=uuid4(),
        user_id=budget.user_id,
        feature=Feature.CHAT,
        provider="openai",
        model_asked="gpt-4",
        model_used="gpt-4",
        status=UsageStatus.OK,
        started_at=NOON,
        total_ms=1,
    )
    reservation = Reservation(
        id=event.id,
        user_id=budget.user_id,
        feature=event.feature,
        amount=held,
        reserved_at=NOON,
        expires_at=NOON,
    )
    budget.settle(reservation, Charge(event, uuid4(), cost), UTC_ZONE)


def test_limits_that_are_off_limit_nothing() -> None:
    budget = a_budget()
    for _ in range(1000):
        budget.take(Decimal(1000), OFF, NOON, UTC_ZONE)


def test_a_day_ends_at_the_owners_midnight() -> None:
    budget, limits = a_budget(), Limits(0, 1, Decimal(0))
    budget.take(CHEAP, limits, NOON, NEW_YORK)
    with pytest.raises(BudgetExceeded) as refused:
        budget.take(CHEAP, limits, NOON, NEW_YORK)
    assert refused.value.retry_after == timedelta(hours=16)  # to 04:00 UTC
    budget.take(CHEAP, limits, NOON + refused.value.retry_after, NEW_YORK)


def test_travelling_west_begins_no_day_again() -> None:
    budget, limits = a_budget(), Limits(0, 1, Decimal(0))
    budget.take(CHEAP, limits, NOON, ZoneInfo("Pacific/Kiritimati"))  # where it is tomorrow
    for zone in ("Pacific/Pago_Pago", "Pacific/Kiritimati"):
        with pytest.raises(BudgetExceeded):
            budget.take(CHEAP, limits, NOON, ZoneInfo(zone))


def test_running_requests_hold_money_back_for_a_moment() -> None:
    budget, limits = a_budget(), only_money("0.80")
    held = budget.take(Decimal("0.50"), limits, NOON, UTC_ZONE)
    with pytest.raises(BudgetExceeded) as refused:
        budget.take(Decimal("0.50"), limits, NOON, UTC_ZONE)
    assert refused.value.retry_after == timedelta(minutes=1)
    budget.take(Decimal("0.30"), limits, NOON, UTC_ZONE)  # for which there is room
    settle(budget, held, Decimal("0.10"))
    budget.take(Decimal("0.40"), limits, NOON, UTC_ZONE)


@pytest.mark.parametrize(("spent", "cost"), [("100", "0.01"), ("99.60", "0.50")])
def test_spent_money_comes_back_with_the_month(spent: str, cost: str) -> None:
    budget, limits = a_budget(), only_money("100")
    budget.take(CHEAP, limits, NOON, UTC_ZONE)
    budget.spent = Decimal(spent)
    with pytest.raises(BudgetExceeded) as refused:
        budget.take(Decimal(cost), limits, NOON, UTC_ZONE)
    april = NOON + refused.value.retry_after
    assert april == datetime(2026, 4, 1, tzinfo=UTC)
    budget.take(Decimal(cost), limits, april, UTC_ZONE)


def test_a_month_has_room_for_one_request_however_dear() -> None:
    budget, limits = a_budget(), only_money("0.20")
    assert budget.take(Decimal("0.50"), limits, NOON, UTC_ZONE) == Decimal("0.20")
    with pytest.raises(BudgetExceeded):
        budget.take(CHEAP, limits, NOON, UTC_ZONE)


money = st.decimals(0, 3, places=4)


@given(st.lists(st.tuples(money, st.decimals(0, 1, places=2), st.booleans()), max_size=40))
def test_what_is_spent_and_held_back_never_passes_the_limit(
    asked: list[tuple[Decimal, Decimal, bool]],
) -> None:
    """As long as nothing costs more than was held back for it."""
    budget, limits, running = a_budget(), only_money("2"), []
    for cost, share, ends in asked:
        try:
            running.append(budget.take(cost, limits, NOON, UTC_ZONE))
        except BudgetExceeded:
            assert budget.spent + budget.reserved + cost > limits.money_per_month
        if ends and running:
            held = running.pop()
            settle(budget, held, held * share)
        assert budget.reserved == sum(running)
        assert budget.spent + budget.reserved <= limits.money_per_month
