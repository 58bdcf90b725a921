"""Days as people live them: from their midnight to their next, 23 to 25 hours, or none at all."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The date that calendars show there at this moment."""
    return at.astimezone(zone).date()


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day, in UTC. Where clocks skip midnight it is the moment of the jump."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def next_day(day: date) -> date:
    return day + _DAY


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=28) + 4 * _DAY).replace(day=1)


def last_days(now: datetime, count: int, zone: ZoneInfo) -> list[date]:
    """Today there and the days before it, the oldest first."""
    today = day_of(now, zone)
    return [today - n * _DAY for n in range(count)][::-1]
