"""The header by which a server that is busy says when to come back."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_PAUSE = timedelta(seconds=1)  # when it does not say
_LONGEST = timedelta(days=1)


def retry_after(header: str, now: datetime) -> timedelta:
    """In seconds or, as HTTP also has it (RFC 9110, 10.2.3), until a date."""
    try:
        asked = _seconds(header) if header[:1].isdigit() else _date(header) - now
    except ValueError:
        return _PAUSE
    return min(max(asked, timedelta()), _LONGEST)


def _seconds(header: str) -> timedelta:
    return timedelta(seconds=min(float(header), _LONGEST.total_seconds()))


def _date(header: str) -> datetime:
    found = parsedate_to_datetime(header)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
