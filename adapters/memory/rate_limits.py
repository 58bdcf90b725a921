from datetime import datetime, timedelta

from application.shared.limits import Usage
from domain.shared.errors import Busy


class MemoryRateLimits:
    """Not part of the store: what was counted stays counted when a transaction fails."""

    def __init__(self) -> None:
        self._counted: dict[str, tuple[datetime, int]] = {}

    async def count(self, bucket: str, limit: int, window: timedelta, at: datetime) -> Usage:
        since, count = self._since(bucket, window, at)
        self._counted[bucket] = since, count + 1
        if count >= limit:
            raise Busy("too many requests", since + window - at)
        return Usage(count + 1, since + window - at)

    async def check(self, bucket: str, limit: int, window: timedelta, at: datetime) -> None:
        since, count = self._since(bucket, window, at)
        if count >= limit:
            raise Busy("too many requests", since + window - at)

    def _since(self, bucket: str, window: timedelta, at: datetime) -> tuple[datetime, int]:
        since, count = self._counted.get(bucket, (at, 0))
        return (at, 0) if since <= at - window else (since, count)
