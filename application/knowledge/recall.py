"""How much of what is nearest an index of vectors finds: it may fall without anybody's error."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from typing import Protocol

from application.knowledge.embedding_ports import EmbeddingSets
from application.shared.ports import Clock
from domain.knowledge.embedding import SetState
from domain.shared.ids import UserId

SAMPLE = 50  # vectors that are looked for


@dataclass(frozen=True, slots=True)
class Recall:
    """The mean share of its ten nearest that the index finds of a vector."""

    embedding_set: str
    recall: float
    compared: int
    measured_at: datetime


class IndexedOwners(Protocol):
    async def one(self) -> UserId | None:
        """Somebody, taken at random, whose searches the index answers; None when nobody has so
        many passages."""
        ...


class RecallProbe(Protocol):
    async def compare(self, owner: UserId, embedding_set: str, sample: int) -> Sequence[float]:
        """For each of so many of the owner's vectors, the share of its ten nearest that the index
        finds."""
        ...

    async def keep(self, recall: Recall) -> None:
        """Instead of the set's earlier one."""
        ...


@dataclass(frozen=True, slots=True)
class ProbeRecall:
    """Run by a schedule."""

    owners: IndexedOwners
    probe: RecallProbe
    sets: EmbeddingSets
    clock: Clock

    async def __call__(self) -> int:
        """How many vectors were looked for."""
        sets = await self.sets.all()
        embedding_set = next((one.name for one in sets if one.state is SetState.ACTIVE), None)
        owner = await self.owners.one()
        if embedding_set is None or owner is None:
            return 0
        shares = await self.probe.compare(owner, embedding_set, SAMPLE)
        if shares:
            now = self.clock.now()
            await self.probe.keep(Recall(embedding_set, fmean(shares), len(shares), now))
        return len(shares)
