import hashlib
from collections.abc import Iterator
from copy import deepcopy
from uuid import UUID

from adapters.memory.knowledge.search import unembed, vectors_of
from adapters.memory.store import Store
from application.knowledge.ports import Embedder
from domain.knowledge.chunk import Chunk
from domain.knowledge.document import Document, Step, Version
from domain.knowledge.embedding import EmbeddingSet
from domain.shared.ids import UserId, VersionId

_NOBODY = UUID(int=0)


class NoModels:
    """No model: meaning is left out of search, and the answer says so."""

    wanted: Embedder | None = None

    def of(self, embedding_set: str) -> Embedder | None:
        return None


class MemoryEmbeddingSets:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def all(self) -> list[EmbeddingSet]:
        found = self._store.table(EmbeddingSet).values()
        return sorted(deepcopy(list(found)), key=lambda one: one.name)

    async def locked(self) -> list[EmbeddingSet]:
        return await self.all()

    async def held(self) -> list[EmbeddingSet]:
        return await self.all()

    async def save(self, one: EmbeddingSet) -> None:
        self._store.table(EmbeddingSet)[_key(one.name)] = deepcopy(one)

    async def count(self, name: str, done: int, total: int) -> None:
        if one := self._store.table(EmbeddingSet).get(_key(name)):
            one.done, one.total = done, total

    async def remove(self, name: str) -> None:
        self._store.table(EmbeddingSet).pop(_key(name), None)


class MemoryVectors:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def lacking(
        self,
        owner: UserId,
        version_id: VersionId,
        embedding_set: str,
        *,
        start: int = 0,
        limit: int,
    ) -> list[Chunk]:
        found = [
            chunk
            for chunk in _chunks(self._store, owner, version_id)
            if chunk.ordinal >= start and embedding_set not in vectors_of(self._store, chunk)
        ]
        return sorted(found, key=lambda chunk: chunk.ordinal)[:limit]

    async def remove(self, owner: UserId, embedding_set: str, limit: int) -> int:
        mine = [c for c in self._store.table(Chunk).values() if c.user_id == owner]
        found = [c for c in mine if embedding_set in vectors_of(self._store, c)][:limit]
        for chunk in found:
            unembed(self._store, chunk, embedding_set)
        return len(found)


class MemoryVectorUpkeep:
    """There are no indexes to look after."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def incomplete(
        self, embedding_set: str, *, after: VersionId | None, limit: int
    ) -> list[tuple[UserId, VersionId]]:
        lacking = {
            (chunk.version_id, chunk.user_id)
            for chunk in self._seen()
            if embedding_set not in vectors_of(self._store, chunk)
        }
        later = sorted(found for found in lacking if after is None or found[0] > after)
        return [(owner, version_id) for version_id, owner in later[:limit]]

    async def counted(self, embedding_set: str) -> tuple[int, int]:
        seen = list(self._seen())
        return sum(embedding_set in vectors_of(self._store, c) for c in seen), len(seen)

    async def owners(self, embedding_set: str, limit: int) -> list[UserId]:
        chunks = self._store.table(Chunk).values()
        found = {c.user_id for c in chunks if embedding_set in vectors_of(self._store, c)}
        return sorted(found)[:limit]

    async def create_index(self, one: EmbeddingSet) -> None: ...

    async def drop_index(self, one: EmbeddingSet) -> None: ...

    def _seen(self) -> Iterator[Chunk]:
        for version in self._store.table(Version).values():
            document = self._store.table(Document).get((version.user_id, version.document_id))
            if document is None or document.deleted_at is not None:
                continue
            if document.current_version_id == version.id or version.awaits(Step.PUBLISH):
                yield from _chunks(self._store, version.user_id, version.id)


def _chunks(store: Store, owner: UserId, version_id: VersionId) -> list[Chunk]:
    chunks = store.table(Chunk).values()
    return [c for c in chunks if (c.user_id, c.version_id) == (owner, version_id)]


def _key(name: str) -> tuple[UUID, UUID]:
    """Sets are nobody's."""
    return _NOBODY, UUID(bytes=hashlib.sha256(name.encode()).digest()[:16])
