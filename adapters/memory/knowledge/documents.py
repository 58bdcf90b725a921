from collections.abc import Sequence
from copy import deepcopy

from adapters.memory.knowledge.search import forget
from adapters.memory.store import Store
from domain.knowledge.chunk import Chunk
from domain.knowledge.document import Document, DocumentExists, Version
from domain.knowledge.text import CanonicalText, Properties
from domain.shared.errors import NotFound
from domain.shared.ids import DocumentId, FileId, UserId, VersionId


class MemoryDocuments:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, document: Document) -> None:
        await self.save(document)

    async def get(self, owner: UserId, document_id: DocumentId) -> Document:
        return deepcopy(live(self._store, owner, document_id))

    async def with_bytes(self, owner: UserId, sha256: str) -> Document:
        if document := _with_bytes(self._store, owner, sha256):
            return deepcopy(document)
        raise NotFound("there is no such document")

    async def save(self, document: Document) -> None:
        other = _with_bytes(self._store, document.user_id, document.sha256)
        if other and other.id != document.id and document.deleted_at is None:
            raise DocumentExists("you have this document already")
        self._store.table(Document)[document.user_id, document.id] = deepcopy(document)

    async def purge(self, owner: UserId, document_id: DocumentId) -> list[FileId]:
        documents, versions = self._store.table(Document), self._store.table(Version)
        document = documents.get((owner, document_id))
        if document is None or document.deleted_at is None:
            return []
        del documents[owner, document_id]
        return _purge(self._store, [v for v in versions.values() if v.document_id == document_id])


class MemoryVersions:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, version: Version) -> None:
        await self.save(version)

    async def get(self, owner: UserId, version_id: VersionId) -> Version:
        version = self._store.table(Version).get((owner, version_id))
        if version is None:
            raise NotFound("there is no such version")
        live(self._store, owner, version.document_id)
        if newest(self._store, owner, version.document_id).id != version_id:
            raise NotFound("there is a newer version")
        return deepcopy(version)

    async def newest(self, owner: UserId, document_id: DocumentId) -> Version:
        live(self._store, owner, document_id)
        return deepcopy(newest(self._store, owner, document_id))

    async def live(self, owner: UserId, document_id: DocumentId) -> set[VersionId]:
        try:
            current = live(self._store, owner, document_id).current_version_id
        except NotFound:
            return set()
        last = newest(self._store, owner, document_id).id
        return {last, current or last}

    async def save(self, version: Version) -> None:
        self._store.table(Version)[version.user_id, version.id] = deepcopy(version)

    async def purge(self, owner: UserId, document_id: DocumentId) -> list[FileId]:
        current = live(self._store, owner, document_id).current_version_id
        kept = {current, newest(self._store, owner, document_id).id}
        mine = [v for v in self._store.table(Version).values() if v.document_id == document_id]
        return _purge(self._store, [version for version in mine if version.id not in kept])


class MemoryTexts:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(
        self,
        owner: UserId,
        version_id: VersionId,
        text: CanonicalText,
        properties: Properties = Properties(),  # noqa: B008  it is frozen
    ) -> None:
        self._store.table(CanonicalText)[owner, version_id] = text
        self._store.table(Properties)[owner, version_id] = properties

    async def properties(self, owner: UserId, version_id: VersionId) -> Properties:
        try:
            return self._store.table(Properties)[owner, version_id]
        except KeyError:
            raise NotFound("this version has no text") from None

    async def get(self, owner: UserId, version_id: VersionId) -> CanonicalText:
        try:
            return self._store.table(CanonicalText)[owner, version_id]
        except KeyError:
            raise NotFound("this version has no text") from None

    async def put_chunks(
        self, owner: UserId, version_id: VersionId, chunks: Sequence[Chunk]
    ) -> None:
        _drop_chunks(self._store, owner, version_id)
        for chunk in chunks:
            self._store.table(Chunk)[owner, chunk.id] = chunk

    async def chunks(
        self, owner: UserId, version_id: VersionId, *, start: int = 0, limit: int
    ) -> list[Chunk]:
        return chunks(self._store, owner, version_id)[start : start + limit]

    async def count_chunks(self, owner: UserId, version_id: VersionId) -> int:
        return len(chunks(self._store, owner, version_id))


def live(store: Store, owner: UserId, document_id: DocumentId) -> Document:
    """A document that is not deleted. Raises NotFound."""
    document = store.table(Document).get((owner, document_id))
    if document is None or document.deleted_at is not None:
        raise NotFound("there is no such document")
    return document


def _with_bytes(store: Store, owner: UserId, sha256: str) -> Document | None:
    for document in store.table(Document).values():
        same = document.user_id == owner and document.sha256 == sha256
        if same and document.deleted_at is None:
            return document
    return None


def newest(store: Store, owner: UserId, document_id: DocumentId) -> Version:
    """A document's last version, whatever became of it."""
    versions = store.table(Version).values()
    mine = (v for v in versions if v.user_id == owner and v.document_id == document_id)
    return max(mine, key=lambda version: version.number)


def _purge(store: Store, gone: list[Version]) -> list[FileId]:
    versions = store.table(Version)
    for version in gone:
        del versions[version.user_id, version.id]
        for kind in (CanonicalText, Properties):
            store.table(kind).pop((version.user_id, version.id), None)
        _drop_chunks(store, version.user_id, version.id)
    return list({v.file_id for v in gone} - {v.file_id for v in versions.values()})


def chunks(store: Store, owner: UserId, version_id: VersionId) -> list[Chunk]:
    """In reading order."""
    kept = store.table(Chunk).values()
    mine = (c for c in kept if c.user_id == owner and c.version_id == version_id)
    return sorted(mine, key=lambda chunk: chunk.ordinal)


def _drop_chunks(store: Store, owner: UserId, version_id: VersionId) -> None:
    for chunk in chunks(store, owner, version_id):
        del store.table(Chunk)[owner, chunk.id]
        forget(store, owner, chunk.id)
