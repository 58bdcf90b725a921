"""What is kept of documents that nobody will read again: soon after they went it should be gone too."""

from datetime import datetime, timedelta
from typing import Protocol

from application.knowledge.views import OrphansView
from application.shared.ports import Clock
from application.shared.recent import Recent

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
        self._recent = Recent(self._count, clock, FRESH)

    async def __call__(self) -> OrphansView:
        return await self._recent()

    async def _count(self) -> OrphansView:
        return await self._probe.count(self._clock.now() - GRACE)
