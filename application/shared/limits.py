"""How often something may be done."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Usage:
    """How many there were in a bucket's window, and when it ends."""

    count: int
    renews_in: timedelta


class RateLimits(Protocol):
    async def count(self, bucket: str, limit: int, window: timedelta, at: datetime) -> Usage:
        """Count one more in `bucket`, at once and for good, so outside any transaction. Raises
        Busy, with the time to wait, when more than `limit` came within `window`."""
        ...

    async def check(self, bucket: str, limit: int, window: timedelta, at: datetime) -> None:
        """Raise Busy where `count` would, and count nothing."""
        ...
