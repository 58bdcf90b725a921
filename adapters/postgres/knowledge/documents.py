from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import batched
from typing import Any

import asyncpg
import msgspec
from sqlalchemy import (
    BindParameter,
    String,
    Uuid,
    all_,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.postgres.database import Database, Statement
from adapters.postgres.knowledge.versions import unused
from adapters.postgres.rows import values_of
from adapters.postgres.tables.knowledge import (
    chunks,
    document_keywords,
    document_texts,
    document_versions,
    documents,
)
from domain.knowledge.chunk import Chunk, Sentence
from domain.knowledge.document import Document, DocumentExists
from domain.knowledge.metadata import Category
from domain.knowledge.text import CanonicalText, Heading, Page, Properties
from domain.shared.errors import NotFound
from domain.shared.ids import DocumentId, FileId, UserId, VersionId
from domain.shared.span import Span

_d, _v, _t, _c = documents.c, document_versions.c, document_texts.c, chunks.c
_k = document_keywords.c
_owner: BindParameter[Any] = bindparam("owner")

_DOCUMENT = tuple(_d.keys())
_ADD_DOCUMENT = Statement(insert(documents), _DOCUMENT)
KEYWORDS = (  # of the document that the statement is about
    select(func.coalesce(func.array_agg(aggregate_order_by(_k.keyword, _k.keyword)), text("'{}'")))
    .where(_k.user_id == _d.user_id, _k.document_id == _d.id)
    .scalar_subquery()
    .label("keywords")
)
_live = select(documents, KEYWORDS).where(_d.user_id == _owner, _d.deleted_at.is_(None))
# Passages are written meanwhile: their keys to the document are no obstacle to deleting it.
_locked = _live.with_for_update(key_share=True)
_LOCK_DOCUMENT = Statement(_locked.where(_d.id == bindparam("document")))
_WITH_BYTES = Statement(_locked.where(_d.sha256 == bindparam("sha256")))
_SAVE_DOCUMENT = Statement(
    update(documents).where(_d.user_id == _owner, _d.id == bindparam("document")), _DOCUMENT
)
_kept: BindParameter[Any] = bindparam("keywords", type_=ARRAY(String))
_DROP_KEYWORDS = Statement(
    delete(document_keywords).where(
        _k.user_id == _owner,
        _k.document_id == bindparam("document"),
        _k.keyword != all_(_kept),
    )
)
_ADD_KEYWORDS = Statement(
    upsert(document_keywords)
    .from_select(
        ["user_id", "document_id", "keyword"],
        select(
            bindparam("owner", type_=Uuid), bindparam("document", type_=Uuid), func.unnest(_kept)
        ),
    )
    .on_conflict_do_nothing()
)
_FILES_OF = Statement(
    select(_v.file_id).where(_v.user_id == _owner, _v.document_id == bindparam("document"))
)
_PURGE = Statement(
    delete(documents)
    .where(_d.user_id == _owner, _d.id == bindparam("document"))
    .where(_d.deleted_at.is_not(None))
    .returning(_d.id)
)
_text = upsert(document_texts)
_PUT_TEXT = Statement(
    _text.on_conflict_do_update(
        index_elements=["user_id", "version_id"],
        set_={
            name: _text.excluded[name]
            for name in ("content", "sha256", "pages", "headings", "properties")
        },
    ),
    tuple(_t.keys()),
)
_GET_TEXT = Statement(
    select(_t.content, _t.pages, _t.headings).where(
        _t.user_id == _owner, _t.version_id == bindparam("version")
    )
)
_PROPERTIES = Statement(
    select(_t.properties).where(_t.user_id == _owner, _t.version_id == bindparam("version"))
)
_CHUNK = tuple(_c.keys())
_DROP_CHUNKS = Statement(
    delete(chunks).where(_c.user_id == _owner, _c.version_id == bindparam("version"))
)
_ADD_CHUNK = Statement(insert(chunks), _CHUNK)
_CHUNKS = Statement(
    select(chunks)
    .where(_c.user_id == _owner, _c.version_id == bindparam("version"))
    .where(_c.ordinal >= bindparam("start"))
    .order_by(_c.ordinal)
    .limit(bindparam("limit"))
)
_COUNT_CHUNKS = Statement(
    select(func.count())
    .select_from(chunks)
    .where(_c.user_id == _owner, _c.version_id == bindparam("version"))
)


class PostgresDocuments:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, document: Document) -> None:
        with _had_once():
            values = values_of(document, _DOCUMENT)
            await self._database.row(_ADD_DOCUMENT, values, owner=document.user_id)
        if document.keywords:
            await self._database.row(_ADD_KEYWORDS, _keywords_of(document), owner=document.user_id)

    async def get(self, owner: UserId, document_id: DocumentId) -> Document:
        return await self._one(_LOCK_DOCUMENT, owner, document=document_id)

    async def with_bytes(self, owner: UserId, sha256: str) -> Document:
        return await self._one(_WITH_BYTES, owner, sha256=sha256)

    async def save(self, document: Document) -> None:
        values = values_of(document, _DOCUMENT)
        values |= {"owner": document.user_id, "document": document.id}
        with _had_once():
            await self._database.row(_SAVE_DOCUMENT, values, owner=document.user_id)
        values = _keywords_of(document)
        await self._database.row(_DROP_KEYWORDS, values, owner=document.user_id)
        await self._database.row(_ADD_KEYWORDS, values, owner=document.user_id)

    async def purge(self, owner: UserId, document_id: DocumentId) -> list[FileId]:
        values: dict[str, Any] = {"owner": owner, "document": document_id}
        used = await self._database.rows(_FILES_OF, values, owner=owner)
        if await self._database.row(_PURGE, values, owner=owner) is None:
            return []
        return await unused(self._database, owner, used)

    async def _one(self, statement: Statement, owner: UserId, **values: Any) -> Document:
        row = await self._database.row(statement, values | {"owner": owner}, owner=owner)
        if row is None:
            raise NotFound("there is no such document")
        fields = dict(row)
        fields["category"], fields["keywords"] = Category(row["category"]), tuple(row["keywords"])
        return Document(**fields)


class PostgresTexts:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self,
        owner: UserId,
        version_id: VersionId,
        text: CanonicalText,
        properties: Properties = Properties(),  # noqa: B008  it is frozen
    ) -> None:
        values = {
            "user_id": owner,
            "version_id": version_id,
            "content": text.content,
            "sha256": text.sha256,
            "pages": [[page.number, page.start, page.end] for page in text.pages],
            "headings": [[h.level, h.start, h.end] for h in text.headings],
            "properties": properties,
        }
        await self._database.row(_PUT_TEXT, values, owner=owner)

    async def properties(self, owner: UserId, version_id: VersionId) -> Properties:
        values = {"owner": owner, "version": version_id}
        row = await self._database.row(_PROPERTIES, values, owner=owner)
        if row is None:
            raise NotFound("this version has no text")
        return msgspec.convert(row["properties"], Properties)

    async def get(self, owner: UserId, version_id: VersionId) -> CanonicalText:
        values = {"owner": owner, "version": version_id}
        row = await self._database.row(_GET_TEXT, values, owner=owner)
        if row is None:
            raise NotFound("this version has no text")
        pages = tuple(Page(*page) for page in row["pages"])
        headings = tuple(Heading(*heading) for heading in row["headings"])
        return CanonicalText(row["content"], pages, headings)

    async def put_chunks(
        self, owner: UserId, version_id: VersionId, chunks: Sequence[Chunk]
    ) -> None:
        values = {"owner": owner, "version": version_id}
        await self._database.row(_DROP_CHUNKS, values, owner=owner)
        await self._database.each(_ADD_CHUNK, [_chunk_row(chunk) for chunk in chunks], owner=owner)

    async def chunks(
        self, owner: UserId, version_id: VersionId, *, start: int = 0, limit: int
    ) -> list[Chunk]:
        values = {"owner": owner, "version": version_id, "start": start, "limit": limit}
        return [chunk_of(row) for row in await self._database.rows(_CHUNKS, values, owner=owner)]

    async def count_chunks(self, owner: UserId, version_id: VersionId) -> int:
        values = {"owner": owner, "version": version_id}
        (row,) = await self._database.rows(_COUNT_CHUNKS, values, owner=owner)
        count: int = row[0]
        return count


@contextmanager
def _had_once() -> Iterator[None]:
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "documents_sha256_key":
            raise DocumentExists("you have this document already") from None
        raise


def _keywords_of(document: Document) -> dict[str, Any]:
    return {
        "owner": document.user_id,
        "document": document.id,
        "keywords": list(document.keywords),
    }


def _chunk_row(chunk: Chunk) -> dict[str, Any]:
    return {
        "user_id": chunk.user_id,
        "id": chunk.id,
        "document_id": chunk.document_id,
        "version_id": chunk.version_id,
        "ordinal": chunk.ordinal,
        "page": chunk.page,
        "start": chunk.span.start,
        "end": chunk.span.end,
        "heading": chunk.heading,
        "content": chunk.content,
        "sentences": [n for s in chunk.sentences for n in (s.page, s.span.start, s.span.end)],
    }


def chunk_of(row: asyncpg.Record) -> Chunk:
    return Chunk(
        id=row["id"],
        user_id=row["user_id"],
        document_id=row["document_id"],
        version_id=row["version_id"],
        ordinal=row["ordinal"],
        page=row["page"],
        span=Span(row["start"], row["end"]),
        heading=row["heading"],
        content=row["content"],
        sentences=tuple(
            Sentence(Span(start, end), page) for page, start, end in batched(row["sentences"], 3)
        ),
    )
