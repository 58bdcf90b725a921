from collections.abc import Callable
from operator import attrgetter
from typing import Any

from adapters.memory.knowledge.documents import chunks, live, newest
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
from domain.knowledge.document import Document, DocumentNotReady, Version
from domain.knowledge.text import CanonicalText
from domain.shared.ids import DocumentId, FileId, UserId, VersionId
from domain.shared.span import Span


class MemoryDocumentReader:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def one(self, owner: UserId, document_id: DocumentId) -> DocumentView:
        return self._view(live(self._store, owner, document_id))

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
        document = live(self._store, owner, document_id)
        v = newest(self._store, owner, document_id)
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
        found = chunks(self._store, owner, self._current(owner, document_id))
        last = self._store.table(Chunk).get((owner, request.after)) if request.after else None
        if request.after is not None:
            found = [c for c in found if last is not None and c.ordinal > last.ordinal]
        views = [
            ChunkView(c.id, c.ordinal, c.page, c.span.start, c.span.end, c.heading, c.content)
            for c in found[: request.size + 1]
        ]
        return Page.cut(views, request.size, key=lambda view: view.id)

    async def file(self, owner: UserId, document_id: DocumentId) -> FileId:
        return self._shown(live(self._store, owner, document_id)).file_id

    async def refers_to(self, owner: UserId, file_id: FileId) -> bool:
        documents = self._store.table(Document)
        return any(
            version.file_id == file_id and documents[owner, version.document_id].deleted_at is None
            for version in self._store.table(Version).values()
            if version.user_id == owner
        )

    def _current(self, owner: UserId, document_id: DocumentId) -> VersionId:
        version_id = live(self._store, owner, document_id).current_version_id
        if version_id is None:
            raise DocumentNotReady("this document is not ready")
        return version_id

    def _shown(self, document: Document) -> Version:
        """The version that is served; until there is one, the newest."""
        current = document.current_version_id
        if current is None:
            return newest(self._store, document.user_id, document.id)
        return self._store.table(Version)[document.user_id, current]

    def _served(self, document: Document) -> int | None:
        return self._shown(document).number if document.current_version_id else None

    def _view(self, document: Document) -> DocumentView:
        owner, version_id = document.user_id, document.current_version_id
        last = newest(self._store, owner, document.id)
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
            version=last.number,
            served_version=self._served(document),
            processing_status=last.status,
            processing_step=last.step,
            processing_done=last.done,
            processing_total=last.total,
            processing_error=_error(last),
            chunk_count=len(chunks(self._store, owner, version_id)) if version_id else 0,
            created_at=document.created_at,
            updated_at=max(document.updated_at, last.updated_at),
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
        and _named(view.jurisdiction, wanted.jurisdiction)
        and _named(view.practice_area, wanted.practice_area)
        and _named(view.file_type, wanted.file_type)
        and (wanted.keyword is None or wanted.keyword in view.keywords)
        and (wanted.text is None or any(wanted.text.lower() in text for text in texts))
    )


def _named(value: str | None, name: str | None) -> bool:
    return name is None or (value is not None and value.lower() == name.lower())


def _error(version: Version) -> ProcessingError | None:
    if version.failure is None:
        return None
    return ProcessingError(version.failure, version.failure_detail or "")
