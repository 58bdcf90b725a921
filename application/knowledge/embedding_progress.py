"""How far each embedding set is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from application.knowledge.embedding_ports import Coverage, EmbeddingSets, VectorUpkeep
from application.knowledge.views import EmbeddingSetView
from application.shared.ports import Clock
from application.shared.recent import Recent

FRESH = timedelta(seconds=10)  # anybody may ask, and it is all owners' vectors that are counted


class CountVectors:
    """Of each set, by its name, some moments ago at most. A set without passages may be left out."""

    def __init__(self, upkeep: VectorUpkeep, clock: Clock) -> None:
        self._recent = Recent(upkeep.counted, clock, FRESH)

    async def __call__(self) -> Mapping[str, Coverage]:
        return await self._recent()


@dataclass(frozen=True, slots=True)
class ListEmbeddingSets:
    """Every set there is, and how far it is."""

    sets: EmbeddingSets
    count: CountVectors

    async def __call__(self) -> list[EmbeddingSetView]:
        counted = await self.count()
        return [
            EmbeddingSetView(
                one.name, one.dimensions, one.state, found.done, found.total, found.failed
            )
            for one in await self.sets.all()
            for found in [counted.get(one.name, Coverage())]
        ]
