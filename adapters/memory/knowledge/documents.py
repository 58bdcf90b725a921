from collections.abc import Callable, Sequence
from copy import deepcopy
from operator import attrgetter
from typing import Any

from adapters.memory.knowledge.search import forget
from adapters.memory.store import Store
from application.knowledge.views import (
    ChunkView,
    ContentView,
    DocumentFilter,
    DocumentView,
    PageView,
    ProcessingError,
    StatusView,
)
from application.shared.page import (
    CursorGone,
    CursorPaging,
    Page,
    PageRequest,
    UncountedListing,
    uncounted,
)
from domain.files.file import StoredFile
from domain.knowledge.chunk import Chunk
from domain.knowledge.document import Document, DocumentExists, DocumentNotReady, Version
from domain.knowledge.text import CanonicalText, Properties
from domain.shared.errors import NotFound
from domain.shared.ids import DocumentId, FileId, UserId, VersionId
from domain.shared.span import Span


class MemoryDocuments:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, document: Document) -> None:
        await self.save(document)

    async def get(self, owner: UserId, document_id: DocumentId) -> Document:
        return deepcopy(_live(self._store, owner, document_id))

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
        _live(self._store, owner, version.document_id)
        if _newest(self._store, owner, version.document_id).id != version_id:
            raise NotFound("there is a newer version")
        return deepcopy(version)

    async def newest(self, owner: UserId, document_id: DocumentId) -> Version:
        _live(self._store, owner, document_id)
        return deepcopy(_newest(self._store, owner, document_id))

    async def save(self, version: Version) -> None:
        self._store.table(Version)[version.user_id, version.id] = deepcopy(version)

    async def purge(self, owner: UserId, document_id: DocumentId) -> list[FileId]:
        current = _live(self._store, owner, document_id).current_version_id
        kept = {current, _newest(self._store, owner, document_id).id}
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
        return _chunks(self._store, owner, version_id)[start : start + limit]

    async def count_chunks(self, owner: UserId, version_id: VersionId) -> int:
        return len(_chunks(self._store, owner, version_id))


class MemoryDocumentReader:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def one(self, owner: UserId, document_id: DocumentId) -> DocumentView:
        return self._view(_live(self._store, owner, document_id))

    async def page(
        self, owner: UserId, wanted: DocumentFilter, paging: CursorPaging
    ) -> UncountedListing[DocumentView]:
        mine = [d for d in self._store.table(Document).values() if d.user_id == owner]
        views = [self._view(document) for document in mine if document.deleted_at is None]
        found = [view for view in views if _matches(view, wanted)]
        key = _ORDERS[wanted.sort.field]
        found.sort(key=key, reverse=wanted.sort.down)
        if isinstance(paging, PageRequest) and paging.after is not None:
            last = next((self._view(d) for d in mine if d.id == paging.after), None)
            if last is None:
                raise CursorGone("the document of this cursor is gone: begin again")
            down = wanted.sort.down
            found = [v for v in found if (key(v) < key(last) if down else key(v) > key(last))]
        rows = found[paging.skipped :][: paging.rows]
        return uncounted(paging, rows, attrgetter("id"))

    async def status(self, owner: UserId, document_id: DocumentId) -> StatusView:
        document = _live(self._store, owner, document_id)
        v = _newest(self._store, owner, document_id)
        return StatusView(
            v.number,
            self._served(document),
            v.status,
            v.step,
            v.done,
            v.total,
            _error(v),
            v.updated_at,
        )

    async def content(
        self, owner: UserId, document_id: DocumentId, window: Span | None = None
    ) -> ContentView:
        version_id = self._current(owner, document_id)
        text = self._store.table(CanonicalText)[owner, version_id]
        window = window or Span(0, len(text.content))
        content = window.of(text.content)
        end = window.start + len(content)
        pages = [
            PageView(page.number, page.start, page.end)
            for page in text.pages
            if page.start < end and window.start < page.end
        ]
        return ContentView(content, window.start, end, text.sha256, pages)

    async def chunks(
        self, owner: UserId, document_id: DocumentId, request: PageRequest
    ) -> Page[ChunkView]:
        found = _chunks(self._store, owner, self._current(owner, document_id))
        last = self._store.table(Chunk).get((owner, request.after)) if request.after else None
        if request.after is not None:
            found = [c for c in found if last is not None and c.ordinal > last.ordinal]
        views = [
            ChunkView(c.id, c.ordinal, c.page, c.span.start, c.span.end, c.heading, c.content)
            for c in found[: request.size + 1]
        ]
        return Page.cut(views, request.size, key=lambda view: view.id)

    async def file(self, owner: UserId, document_id: DocumentId) -> FileId:
        return self._shown(_live(self._store, owner, document_id)).file_id

    async def refers_to(self, owner: UserId, file_id: FileId) -> bool:
        documents = self._store.table(Document)
        return any(
            version.file_id == file_id and documents[owner, version.document_id].deleted_at is None
            for version in self._store.table(Version).values()
            if version.user_id == owner
        )

    def _current(self, owner: UserId, document_id: DocumentId) -> VersionId:
        version_id = _live(self._store, owner, document_id).current_version_id
        if version_id is None:
            raise DocumentNotReady("this document is not ready")
        return version_id

    def _shown(self, document: Document) -> Version:
        """The version that is served; until there is one, the newest."""
        current = document.current_version_id
        if current is None:
            return _newest(self._store, document.user_id, document.id)
        return self._store.table(Version)[document.user_id, current]

    def _served(self, document: Document) -> int | None:
        return self._shown(document).number if document.current_version_id else None

    def _view(self, document: Document) -> DocumentView:
        owner, version_id = document.user_id, document.current_version_id
        newest = _newest(self._store, owner, document.id)
        shown = self._shown(document)
        file = self._store.table(StoredFile)[owner, shown.file_id]
        return DocumentView(
            id=document.id,
            user_id=owner,
            title=document.title,
            category=document.category,
            jurisdiction=document.jurisdiction,
            practice_area=document.practice_area,
            keywords=list(document.keywords),
            author=document.author,
            language=document.language,
            authored_at=document.authored_at,
            modified_at=document.modified_at,
            page_count=document.page_count,
            original_filename=file.original_name,
            file_type=document.file_type,
            file_size=file.size,
            sha256=file.sha256,
            version=newest.number,
            served_version=self._served(document),
            processing_status=newest.status,
            processing_step=newest.step,
            processing_done=newest.done,
            processing_total=newest.total,
            processing_error=_error(newest),
            chunk_count=len(_chunks(self._store, owner, version_id)) if version_id else 0,
            created_at=document.created_at,
            updated_at=max(document.updated_at, newest.updated_at),
        )


_ORDERS: dict[str, Callable[[DocumentView], Any]] = {
    "created_at": lambda view: view.id,
    "updated_at": lambda view: (view.updated_at, view.id),
    "title": lambda view: (view.title.lower(), view.id),
}


def _matches(view: DocumentView, wanted: DocumentFilter) -> bool:
    texts = (view.title.lower(), view.original_filename.lower())
    return (
        wanted.status in (None, view.processing_status)
        and wanted.category in (None, view.category)
        and wanted.jurisdiction in (None, view.jurisdiction)
        and wanted.practice_area in (None, view.practice_area)
        and wanted.file_type in (None, view.file_type)
        and (wanted.keyword is None or wanted.keyword in view.keywords)
        and (wanted.text is None or any(wanted.text.lower() in text for text in texts))
    )


def _live(store: Store, owner: UserId, document_id: DocumentId) -> Document:
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


def _newest(store: Store, owner: UserId, document_id: DocumentId) -> Version:
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


def _chunks(store: Store, owner: UserId, version_id: VersionId) -> list[Chunk]:
    chunks = store.table(Chunk).values()
    mine = (c for c in chunks if c.user_id == owner and c.version_id == version_id)
    return sorted(mine, key=lambda chunk: chunk.ordinal)


def _drop_chunks(store: Store, owner: UserId, version_id: VersionId) -> None:
    for chunk in _chunks(store, owner, version_id):
        del store.table(Chunk)[owner, chunk.id]
        forget(store, owner, chunk.id)


def _error(version: Version) -> ProcessingError | None:
    if version.failure is None:
        return None
    return ProcessingError(version.failure, version.failure_detail or "")
