from adapters.memory.rate_limits import MemoryRateLimits
from adapters.memory.replays import MemoryReplays
from adapters.memory.store import Store
from application.operations.ports import Probes, Replays
from application.operations.views import QueueHealth, RecallHealth
from application.shared.limits import RateLimits


class MemoryProbes:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def database(self) -> None:
        """A dict is always there."""

    async def queue(self) -> QueueHealth:
        return QueueHealth(len(self._store.events), 0.0, 0)

    async def recall(self) -> list[RecallHealth]:
        """Nothing is indexed."""
        return []


PORTS: dict[type, type] = {
    Probes: MemoryProbes,
    RateLimits: MemoryRateLimits,
    Replays: MemoryReplays,
}
