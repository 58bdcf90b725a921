from datetime import datetime, timedelta

from domain.shared.errors import Busy


class MemoryRateLimits:
    """Not part of the store: what was counted stays counted when a transaction fails."""

    def __init__(self) -> None:
        self._counted: dict[str, tuple[datetime, int]] = {}

    async def count(self, bucket: str, limit: int, window: timedelta, at: datetime) -> None:
        since, count = self._counted.get(bucket, (at, 0))
        since, count = (at, 1) if since <= at - window else (since, count + 1)
        self._counted[bucket] = since, count
        if count > limit:
            raise Busy("too many requests", since + window - at)
