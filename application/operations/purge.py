from dataclasses import dataclass

from application.operations.ports import Replays
from application.shared.ports import Clock


@dataclass(frozen=True, slots=True)
class PurgeReplays:
    """Remove the answers whose keys have expired. Run by a schedule."""

    replays: Replays
    clock: Clock

    async def __call__(self) -> int:
        """How many went."""
        return await self.replays.purge(self.clock.now())
