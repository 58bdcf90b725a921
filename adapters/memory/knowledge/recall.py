from collections.abc import Sequence

from application.knowledge.recall import Recall
from domain.shared.ids import UserId


class MemoryRecallProbe:
    """Here every vector is compared, whoever's it is: there is nothing to probe."""

    async def owner(self) -> UserId | None:
        return None

    async def compare(self, owner: UserId, embedding_set: str, sample: int) -> Sequence[float]:
        return [1.0] * sample

    async def keep(self, recall: Recall) -> None: ...
