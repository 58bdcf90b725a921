from collections.abc import Sequence

from application.knowledge.ports import Embedder


class InstalledModels:
    """The model of the settings, and those that are here anyway."""

    def __init__(self, wanted: Embedder | None, others: Sequence[Embedder] = ()) -> None:
        self.wanted = wanted
        self._by_set = {one.embedding_set: one for one in (*others, wanted) if one is not None}

    def of(self, embedding_set: str) -> Embedder | None:
        return self._by_set.get(embedding_set)
