from collections.abc import Sequence

from application.knowledge.ports import Vector


class NoEmbedder:
    """No model: meaning is left out of search, and the answer says so."""

    embedding_set: str | None = None

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        raise RuntimeError("there is no embedding model")
