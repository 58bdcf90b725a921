from collections.abc import Sequence

from application.knowledge.recall import Recall
from domain.shared.ids import UserId


class MemoryIndexedOwners:
    """Here every vector is compared, whoever's it is: there is nothing to probe."""

    async def one(self) -> UserId | None:
        return None


class MemoryRecallProbe:
    async def compare(self, owner: UserId, embedding_set: str, sample: int) -> Sequence[float]:
        return [1.0] * sample

    async def keep(self, recall: Recall) -> None: ...
