import hashlib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from adapters.memory.knowledge.search import unembed, vectors_of
from adapters.memory.store import Store
from application.knowledge.embedding_ports import Coverage
from application.knowledge.ports import Embedder
from domain.knowledge.chunk import Chunk
from domain.knowledge.document import Document, Step, Version
from domain.knowledge.embedding import REST, TRIES, EmbeddingSet
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

    async def remove(self, name: str) -> None:
        self._store.table(EmbeddingSet).pop(_key(name), None)


@dataclass(slots=True)
class _Failures:
    """Of a version: how many tries failed, and when the last of them, by embedding set."""

    sets: dict[str, tuple[int, datetime]]


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

    async def failed(
        self, owner: UserId, version_id: VersionId, embedding_set: str, at: datetime
    ) -> None:
        known = self._store.table(_Failures).setdefault((owner, version_id), _Failures({}))
        tries, _ = known.sets.get(embedding_set, (0, at))
        known.sets[embedding_set] = tries + 1, at

    async def remove(self, owner: UserId, embedding_set: str, limit: int) -> int:
        for (whose, _), known in self._store.table(_Failures).items():
            if whose == owner:
                known.sets.pop(embedding_set, None)
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
        self, embedding_set: str, now: datetime, *, after: VersionId | None, limit: int
    ) -> list[tuple[UserId, VersionId]]:
        later = sorted(
            (version_id, owner)
            for owner, version_id in self._lacking(embedding_set)
            if (after is None or version_id > after)
            and not self._rests(owner, version_id, embedding_set, now)
        )
        return [(owner, version_id) for version_id, owner in later[:limit]]

    async def counted(self) -> Mapping[str, Coverage]:
        names = [one.name for one in self._store.table(EmbeddingSet).values()]
        return {name: self._coverage(name) for name in names}

    async def owners(self, embedding_set: str, limit: int) -> list[UserId]:
        chunks = self._store.table(Chunk).values()
        found = {c.user_id for c in chunks if embedding_set in vectors_of(self._store, c)}
        failures = self._store.table(_Failures).items()
        found |= {UserId(owner) for (owner, _), known in failures if embedding_set in known.sets}
        return sorted(found)[:limit]

    async def create_index(self, one: EmbeddingSet) -> None: ...

    async def drop_index(self, one: EmbeddingSet) -> None: ...

    def _coverage(self, embedding_set: str) -> Coverage:
        having = [embedding_set in vectors_of(self._store, chunk) for chunk in self._seen()]
        failed = [self._set_aside(*one, embedding_set) for one in self._lacking(embedding_set)]
        return Coverage(sum(having), len(having), sum(at is not None for at in failed))

    def _lacking(self, embedding_set: str) -> set[tuple[UserId, VersionId]]:
        return {
            (chunk.user_id, chunk.version_id)
            for chunk in self._seen()
            if embedding_set not in vectors_of(self._store, chunk)
        }

    def _set_aside(self, owner: UserId, version_id: VersionId, name: str) -> datetime | None:
        """Since when."""
        known = self._store.table(_Failures).get((owner, version_id), _Failures({}))
        tries, at = known.sets.get(name, (0, None))
        return at if tries >= TRIES else None

    def _rests(self, owner: UserId, version_id: VersionId, name: str, now: datetime) -> bool:
        at = self._set_aside(owner, version_id, name)
        return at is not None and at > now - REST

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
