"""How much of AI providers one account may use: requests of a minute and of a day, money of a
month."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.analytics.days import day_of, next_day, next_month, start_of
from domain.analytics.usage import LOCAL, Charge, Feature
from domain.shared.errors import Busy
from domain.shared.ids import UserId
from domain.shared.tokens import Tokens

UNKNOWN = Decimal("0.50")  # that an attempt is taken to cost whose model has no price
LIFETIME = timedelta(days=1)  # that an attempt without an end holds something back
_MINUTE = timedelta(minutes=1)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class BudgetExceeded(Busy):
    """One more request would pass a limit; `retry_after` tells when there is room again."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the operator allows each account; 0 turns a limit off."""

    requests_per_minute: int = 10
    requests_per_day: int = 100
    money_per_month: Decimal = Decimal(100)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an attempt takes at most, and of whom."""

    provider: str
    model: str
    tokens: Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """A running attempt: `amount` is held back until it is known what it cost."""

    id: UUID
    user_id: UserId
    feature: Feature
    amount: Decimal
    reserved_at: datetime
    expires_at: datetime


@dataclass(slots=True, kw_only=True)
class Budget:
    """An account's count of the minute, of the day and of the month that run. Days and months are
    those of its time zone, and never begin twice: going west buys nothing."""

    user_id: UserId
    minute_from: datetime = _LONG_AGO
    minute_requests: int = 0
    day: date = date.min
    day_requests: int = 0
    month: date = date.min
    spent: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)

    def take(self, cost: Decimal, limits: Limits, at: datetime, zone: ZoneInfo) -> Decimal:
        """Count one more request, and hold back what it may `cost`, but no more than a month's
        money, or it would never be allowed; what is held back. Raises BudgetExceeded."""
        self._turn(at, zone)
        if 0 < limits.requests_per_minute <= self.minute_requests:
            raise _exceeded(
                f"{limits.requests_per_minute} a minute", at, self.minute_from + _MINUTE
            )
        if 0 < limits.requests_per_day <= self.day_requests:
            end = start_of(next_day(self.day), zone)
            raise _exceeded(f"{limits.requests_per_day} a day", at, end)
        if limits.money_per_month:
            cost = min(cost, limits.money_per_month)
            left = limits.money_per_month - self.spent
            if cost > left - self.reserved:
                end = at + _MINUTE if cost <= left else start_of(next_month(self.month), zone)
                raise _exceeded(f"requests for {limits.money_per_month:.2f} USD a month", at, end)
        self.minute_requests += 1
        self.day_requests += 1
        self.reserved += cost
        return cost

    def settle(self, reservation: Reservation | None, charge: Charge, zone: ZoneInfo) -> None:
        """The attempt has ended: its cost counts in the month in which it began. One that was
        answered here after all has used nothing."""
        began = charge.event.started_at
        if reservation is not None:
            began = reservation.reserved_at
            self.release(reservation)
            if charge.event.provider == LOCAL:
                self._uncount(began, zone)
        if day_of(began, zone).replace(day=1) >= self.month:
            self.spent += charge.cost or 0

    def release(self, reservation: Reservation) -> None:
        """What was held back is free again."""
        self.reserved -= reservation.amount

    def cancel(self, reservation: Reservation, zone: ZoneInfo) -> None:
        """As if it had never been asked for."""
        self.release(reservation)
        self._uncount(reservation.reserved_at, zone)

    def _uncount(self, at: datetime, zone: ZoneInfo) -> None:
        self.minute_requests -= at >= self.minute_from
        self.day_requests -= day_of(at, zone) >= self.day

    def _turn(self, at: datetime, zone: ZoneInfo) -> None:
        """Begin what has begun since."""
        today = day_of(at, zone)
        if at >= self.minute_from + _MINUTE:
            self.minute_from, self.minute_requests = at, 0
        if today > self.day:
            self.day, self.day_requests = today, 0
        if today.replace(day=1) > self.month:
            self.month, self.spent = today.replace(day=1), Decimal(0)


def _exceeded(allowed: str, at: datetime, end: datetime) -> BudgetExceeded:
    moment = end.isoformat(timespec="seconds")
    return BudgetExceeded(f"{allowed} are allowed; there is room again at {moment}", end - at)
