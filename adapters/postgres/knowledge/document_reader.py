"""What callers see of documents: rows into views, without entities."""

from operator import attrgetter
from types import MappingProxyType
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import BindParameter, Integer, bindparam, func, select

from adapters.postgres.database import Database, Statement, Values
from adapters.postgres.knowledge.documents import KEYWORDS
from adapters.postgres.tables.files import stored_files
from adapters.postgres.tables.knowledge import (
    chunks,
    document_texts,
    document_versions,
    documents,
)
from application.knowledge.views import (
    ChunkView,
    ContentView,
    DocumentView,
    PageView,
    ProcessingError,
    StatusView,
)
from application.shared.page import Page, PageRequest
from domain.knowledge.document import DocumentNotReady, Failure, Status, Step
from domain.knowledge.metadata import Category
from domain.shared.errors import NotFound
from domain.shared.ids import DocumentId, FileId, UserId
from domain.shared.span import Span

_WHOLE = 2**31 - 2  # more code points than a text can have

_d, _v, _t, _c, _f = documents.c, document_versions.c, document_texts.c, chunks.c, stored_files.c
_owner: BindParameter[Any] = bindparam("owner")
_document: BindParameter[Any] = bindparam("document")

_newest = (
    select(document_versions)
    .where(_v.user_id == _d.user_id, _v.document_id == _d.id)
    .order_by(_v.number.desc())
    .limit(1)
    .lateral("newest")
)
_n = _newest.c
_chunk_count = (
    select(func.count())
    .where(_c.user_id == _d.user_id, _c.version_id == _d.current_version_id)
    .scalar_subquery()
)
_live = (
    select(documents)
    .join(_newest, _n.user_id == _d.user_id)
    .where(_d.user_id == _owner, _d.deleted_at.is_(None))
)
_view = _live.join(
    stored_files, (_f.user_id == _n.user_id) & (_f.id == _n.file_id)
).with_only_columns(
    _d.id,
    _d.user_id,
    _d.title,
    _d.category,
    _d.jurisdiction,
    _d.practice_area,
    KEYWORDS,
    _d.author,
    _d.language,
    _d.authored_at,
    _d.modified_at,
    _d.page_count,
    _f.original_name.label("original_filename"),
    _d.file_type,
    _f.size.label("file_size"),
    _f.sha256,
    _n.status.label("processing_status"),
    _n.step.label("processing_step"),
    _n.done.label("processing_done"),
    _n.total.label("processing_total"),
    _n.failure,
    _n.failure_detail,
    _chunk_count.label("chunk_count"),
    _d.created_at,
    func.greatest(_d.updated_at, _n.updated_at).label("updated_at"),
)
_ONE = Statement(_view.where(_d.id == _document))
_page = _view.order_by(_d.id.desc()).limit(bindparam("limit"))
_NEWEST = Statement(_page)
_OLDER = Statement(_page.where(_d.id < bindparam("after")))
_STATUS = Statement(
    _live.with_only_columns(
        _n.status, _n.step, _n.done, _n.total, _n.failure, _n.failure_detail
    ).where(_d.id == _document)
)
_FILE = Statement(_live.with_only_columns(_n.file_id).where(_d.id == _document))
_mine = (_d.user_id == _owner, _d.id == _document, _d.deleted_at.is_(None))
_CONTENT = Statement(
    select(
        func.substr(_t.content, bindparam("start", type_=Integer) + 1, bindparam("length")),
        _t.sha256,
        _t.pages,
    )
    .select_from(documents)
    .outerjoin(
        document_texts, (_t.user_id == _d.user_id) & (_t.version_id == _d.current_version_id)
    )
    .where(*_mine)
)
_CURRENT = Statement(select(_d.current_version_id).where(*_mine))
_chunks = (
    select(_c.id, _c.ordinal, _c.page, _c.start, _c.end, _c.heading, _c.content)
    .where(_c.user_id == _owner, _c.version_id == bindparam("version"))
    .order_by(_c.ordinal)
    .limit(bindparam("limit"))
)
_FIRST_CHUNKS = Statement(_chunks)
_NEXT_CHUNKS = Statement(
    _chunks.where(
        _c.ordinal
        > select(_c.ordinal)
        .where(_c.user_id == _owner, _c.id == bindparam("after"))
        .scalar_subquery()
    )
)


class PostgresDocumentReader:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def one(self, owner: UserId, document_id: DocumentId) -> DocumentView:
        return _document_view(await self._row(_ONE, owner, document_id))

    async def page(self, owner: UserId, request: PageRequest) -> Page[DocumentView]:
        values: dict[str, Any] = {"owner": owner, "limit": request.size + 1}
        statement = _NEWEST if request.after is None else _OLDER
        values["after"] = request.after
        rows = await self._database.rows(statement, values, owner=owner)
        return Page.cut([_document_view(row) for row in rows], request.size, key=attrgetter("id"))

    async def status(self, owner: UserId, document_id: DocumentId) -> StatusView:
        status, step, done, total, failure, detail = await self._row(_STATUS, owner, document_id)
        return StatusView(Status(status), _step(step), done, total, _error(failure, detail))

    async def content(
        self, owner: UserId, document_id: DocumentId, window: Span | None = None
    ) -> ContentView:
        start, length = (window.start, len(window)) if window else (0, _WHOLE)
        values = {"start": start, "length": length}
        content, sha256, pages = await self._row(_CONTENT, owner, document_id, values)
        if content is None:
            raise DocumentNotReady("this document is not ready")
        end = start + len(content)
        shown = [PageView(*page) for page in pages if page[1] < end and start < page[2]]
        return ContentView(content, start, end, sha256, shown)

    async def chunks(
        self, owner: UserId, document_id: DocumentId, request: PageRequest
    ) -> Page[ChunkView]:
        version: UUID | None = (await self._row(_CURRENT, owner, document_id))[0]
        if version is None:
            raise DocumentNotReady("this document is not ready")
        statement = _FIRST_CHUNKS if request.after is None else _NEXT_CHUNKS
        values = {
            "owner": owner,
            "version": version,
            "after": request.after,
            "limit": request.size + 1,
        }
        rows = await self._database.rows(statement, values, owner=owner)
        return Page.cut([ChunkView(*row) for row in rows], request.size, key=attrgetter("id"))

    async def file(self, owner: UserId, document_id: DocumentId) -> FileId:
        return FileId((await self._row(_FILE, owner, document_id))[0])

    async def _row(
        self,
        statement: Statement,
        owner: UserId,
        document_id: DocumentId,
        values: Values = MappingProxyType({}),
    ) -> asyncpg.Record:
        values = {**values, "owner": owner, "document": document_id}
        row = await self._database.row(statement, values, owner=owner)
        if row is None:
            raise NotFound("there is no such document")
        return row


def _document_view(row: asyncpg.Record) -> DocumentView:
    fields = dict(row)
    failure, detail = fields.pop("failure"), fields.pop("failure_detail")
    fields["category"] = Category(row["category"])
    fields["processing_status"] = Status(row["processing_status"])
    fields["processing_step"] = _step(row["processing_step"])
    return DocumentView(**fields, processing_error=_error(failure, detail))


def _step(name: str | None) -> Step | None:
    return Step(name) if name else None


def _error(failure: str | None, detail: str | None) -> ProcessingError | None:
    return ProcessingError(Failure(failure), detail or "") if failure else None
