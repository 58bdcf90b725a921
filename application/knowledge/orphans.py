"""What is kept of documents that nobody will read again: soon after they went it should be gone too."""

import asyncio
from datetime import datetime, timedelta
from typing import Protocol

from application.knowledge.views import OrphansView
from application.shared.ports import Clock

GRACE = timedelta(hours=1)  # a purge on its way, and whatever it is tried again for, is no orphan
FRESH = timedelta(minutes=1)  # anybody may ask, and it is all owners' versions that are looked at


class OrphanProbe(Protocol):
    async def count(self, before: datetime) -> OrphansView:
        """Of what was deleted or superseded, or belongs to no version at all, since `before`."""
        ...


class CountOrphans:
    """How many orphans there are, some moments ago at most."""

    def __init__(self, probe: OrphanProbe, clock: Clock) -> None:
        self._probe, self._clock = probe, clock
        self._found: tuple[datetime, OrphansView] | None = None
        self._turn = asyncio.Lock()

    async def __call__(self) -> OrphansView:
        async with self._turn:
            now = self._clock.now()
            if self._found is None or now - self._found[0] >= FRESH:
                self._found = now, await self._probe.count(now - GRACE)
            return self._found[1]
