"""What callers see of documents: rows into views, without entities."""

from functools import cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    bindparam,
    exists,
    func,
    select,
    tuple_,
)

from adapters.postgres.database import Database, Statement, Values
from adapters.postgres.knowledge.document_view import (
    FILE_ID,
    LIVE,
    NEWEST,
    OWNER,
    SERVED,
    UPDATED_AT,
    VIEW,
    error_of,
    step_of,
    view_of,
)
from adapters.postgres.tables.files import stored_files
from adapters.postgres.tables.knowledge import (
    chunks,
    document_keywords,
    document_texts,
    document_versions,
    documents,
)
from application.knowledge.views import (
    ChunkView,
    ContentView,
    DocumentFilter,
    DocumentOrder,
    DocumentView,
    PageView,
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
from domain.knowledge.document import DocumentNotReady, Status
from domain.shared.errors import NotFound
from domain.shared.ids import DocumentId, FileId, UserId
from domain.shared.span import Span

_WHOLE = 2**31 - 2  # more code points than a text can have

_k = document_keywords.c
_d, _v, _t, _c, _f = documents.c, document_versions.c, document_texts.c, chunks.c, stored_files.c
_n, _s = NEWEST.c, SERVED.c
_document: BindParameter[Any] = bindparam("document")

_ONE = Statement(VIEW.where(_d.id == _document))
# All of these look at one owner's documents only, along the primary key. Nothing finds a part of
# a text in an index: row security would keep it from being used.
_part: BindParameter[str] = bindparam("text")
_FILTERS: dict[str, ColumnElement[bool]] = {
    "status": _n.status == bindparam("status"),
    "category": _d.category == bindparam("category"),
    "jurisdiction": func.lower(_d.jurisdiction) == func.lower(bindparam("jurisdiction")),
    "practice_area": func.lower(_d.practice_area) == func.lower(bindparam("practice_area")),
    "keyword": exists().where(
        _k.user_id == OWNER, _k.keyword == bindparam("keyword"), _k.document_id == _d.id
    ),
    "file_type": _d.file_type == func.lower(bindparam("file_type")),
    "text": _d.title.ilike(_part) | _f.original_name.ilike(_part),
}
# Ids are given in the order of time.
_ORDERS: dict[str, list[ColumnElement[Any]]] = {
    "created_at": [_d.id],
    "updated_at": [UPDATED_AT, _d.id],
    "title": [func.lower(_d.title), _d.id],
}


@cache
def _last(field: str) -> Statement:
    """Where a document stands, or stood: it may be deleted since."""
    keys = [key.label(f"key_{n}") for n, key in enumerate(_ORDERS[field])]
    return Statement(
        select(*keys)
        .select_from(documents)
        .join(NEWEST, _n.user_id == _d.user_id)
        .where(_d.user_id == OWNER, _d.id == _document)
    )


@cache
def _page(names: frozenset[str], sort: DocumentOrder, after: bool) -> Statement:
    """One text for what is really asked for, so that the plan fits it. There are few."""
    keys = _ORDERS[sort.field]
    found = VIEW.where(*(_FILTERS[name] for name in sorted(names)))
    if after:
        seen = tuple_(*(bindparam(f"key_{n}", type_=key.type) for n, key in enumerate(keys)))
        found = found.where(tuple_(*keys).op("<" if sort.down else ">")(seen))
    order = [key.desc() for key in keys] if sort.down else keys
    return Statement(found.order_by(*order).limit(bindparam("rows")).offset(bindparam("skipped")))


_STATUS = Statement(
    LIVE.with_only_columns(
        _n.number,
        _s.number,
        _n.status,
        _n.step,
        _n.done,
        _n.total,
        _n.failure,
        _n.failure_detail,
        _n.updated_at,
    ).where(_d.id == _document)
)
_REFERS_TO = Statement(
    select(_v.id)
    .join(documents, (_d.user_id == _v.user_id) & (_d.id == _v.document_id))
    .where(_v.user_id == OWNER, _v.file_id == bindparam("file"), _d.deleted_at.is_(None))
    .limit(1)
)
_FILE = Statement(LIVE.with_only_columns(FILE_ID).where(_d.id == _document))
_mine = (_d.user_id == OWNER, _d.id == _document, _d.deleted_at.is_(None))
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
    .where(_c.user_id == OWNER, _c.version_id == bindparam("version"))
    .order_by(_c.ordinal)
    .limit(bindparam("limit"))
)
_FIRST_CHUNKS = Statement(_chunks)
_NEXT_CHUNKS = Statement(
    _chunks.where(
        _c.ordinal
        > select(_c.ordinal)
        .where(_c.user_id == OWNER, _c.id == bindparam("after"))
        .scalar_subquery()
    )
)


class PostgresDocumentReader:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def one(self, owner: UserId, document_id: DocumentId) -> DocumentView:
        return view_of(await self._row(_ONE, owner, document_id))

    async def page(
        self, owner: UserId, wanted: DocumentFilter, paging: CursorPaging
    ) -> UncountedListing[DocumentView]:
        asked = {name: getattr(wanted, name) for name in _FILTERS}
        values = {name: value for name, value in asked.items() if value is not None}
        names = frozenset(values)
        if wanted.text is not None:
            values["text"] = f"%{_literal(wanted.text)}%"
        values |= {"owner": owner, "rows": paging.rows, "skipped": paging.skipped}
        after = paging.after if isinstance(paging, PageRequest) else None
        if after is not None:
            values |= await self._keys(owner, wanted.sort, after)
        statement = _page(names, wanted.sort, after is not None)
        rows = await self._database.rows(statement, values, owner=owner)
        return uncounted(paging, [view_of(row) for row in rows], attrgetter("id"))

    async def _keys(self, owner: UserId, sort: DocumentOrder, after: UUID) -> Values:
        if len(_ORDERS[sort.field]) == 1:
            return {"key_0": after}
        values = {"owner": owner, "document": after}
        row = await self._database.row(_last(sort.field), values, owner=owner)
        if row is None:
            raise CursorGone("the document of this cursor is gone: begin again")
        return dict(row)

    async def status(self, owner: UserId, document_id: DocumentId) -> StatusView:
        row = await self._row(_STATUS, owner, document_id)
        number, served, status, step, done, total, failure, detail, at = row
        error = error_of(failure, detail)
        return StatusView(number, served, Status(status), step_of(step), done, total, error, at)

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

    async def refers_to(self, owner: UserId, file_id: FileId) -> bool:
        values = {"owner": owner, "file": file_id}
        return await self._database.row(_REFERS_TO, values, owner=owner) is not None

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


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
