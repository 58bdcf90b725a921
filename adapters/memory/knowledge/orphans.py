from datetime import datetime

from adapters.memory.knowledge.search import terms_of, vectors_of
from adapters.memory.store import Store
from application.knowledge.views import OrphansView
from domain.files.file import Purpose, StoredFile
from domain.knowledge.chunk import Chunk
from domain.knowledge.document import Document, Version
from domain.knowledge.text import CanonicalText


class MemoryOrphanProbe:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def count(self, before: datetime) -> OrphansView:
        store = self._store
        read = {version.file_id for version in store.table(Version).values()}
        files = [f for f in store.table(StoredFile).values() if f.purpose is Purpose.DOCUMENT]
        dead = {v.id for v in store.table(Version).values() if self._is_dead(v, before)}
        chunks = [c for c in store.table(Chunk).values() if c.version_id in dead]
        return OrphansView(
            files=sum(f.id not in read and f.created_at < before for f in files),
            versions=len(dead),
            texts=sum(version_id in dead for _, version_id in store.table(CanonicalText)),
            chunks=len(chunks),
            postings=len({(c.version_id, term) for c in chunks for term in terms_of(store, c)}),
            vectors=sum(len(vectors_of(store, c)) for c in chunks),
        )

    def _is_dead(self, version: Version, before: datetime) -> bool:
        document: Document = self._store.table(Document)[version.user_id, version.document_id]
        if document.deleted_at is not None:
            return document.deleted_at < before
        newer = (
            other.updated_at < before
            for other in self._store.table(Version).values()
            if other.document_id == version.document_id and other.number > version.number
        )
        return document.current_version_id != version.id and any(newer)
