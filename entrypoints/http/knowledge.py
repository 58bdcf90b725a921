from typing import Annotated, Any
from uuid import UUID

from dishka import FromDishka
from litestar import Request, Response, delete, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, SkipValidation
from litestar.response import Stream
from msgspec import Meta

from application.files.exports import Purpose
from application.knowledge.documents import (
    DeleteDocument,
    DownloadDocument,
    ListDocuments,
)
from application.knowledge.metadata import DescribeDocument, Details, Name
from application.knowledge.ports import DocumentReader
from application.knowledge.views import (
    ChunkView,
    ContentView,
    DocumentFilter,
    DocumentOrder,
    DocumentView,
    FormatView,
    StatusView,
)
from application.shared.actor import Actor, Scope
from application.shared.page import CursorPaging, Page, PageRequest
from domain.knowledge.document import Status
from domain.knowledge.metadata import Category
from domain.shared.errors import Invalid
from domain.shared.ids import DocumentId
from domain.shared.span import Span
from entrypoints.http.auth import OPEN_TO_KEYS, authenticated
from entrypoints.http.downloads import sent_file
from entrypoints.http.inject import Injected
from entrypoints.http.knowledge_uploads import add_version, upload_document
from entrypoints.http.knowledge_work import change_documents, retry_document, watch_document
from entrypoints.http.openapi import DownloadOperation, problems

_AROUND = 400  # code points shown before and after a span
_MINE = problems(401, 403, 404)

type Offset = Annotated[int, Meta(ge=0, le=2**30)]


class WrongSpan(Invalid): ...


@get("/documents/formats", summary="What may be uploaded", responses=problems())
async def list_formats() -> list[FormatView]:
    """The name of a file has to end in one of these, and its content to be of that kind."""
    limit, taken = Purpose.DOCUMENT.limit, Purpose.DOCUMENT.media_types
    return [FormatView(extension, kind, limit) for extension, kind in taken.items()]


@get(
    "/documents",
    summary="One's documents",
    responses=problems(401, 403, 422, "cursor_gone"),
)
async def list_documents(
    cursor_paging: NamedDependency[SkipValidation[CursorPaging]],
    actor: FromDishka[Actor],
    list_: FromDishka[ListDocuments],
    status: FromQuery[Status | None] = None,
    category: FromQuery[Category | None] = None,
    jurisdiction: FromQuery[Name | None] = None,
    practice_area: FromQuery[Name | None] = None,
    keyword: FromQuery[Name | None] = None,
    file_type: FromQuery[Name | None] = None,
    text: FromQuery[Name | None] = None,
    sort: FromQuery[DocumentOrder] = DocumentOrder.NEWEST,
) -> Page[DocumentView] | list[DocumentView]:
    """Those of which all is true that is asked for. Pages are asked for by `size` and `after`, or
    by `skip` and `limit`, which gives a bare array."""
    wanted = DocumentFilter(
        status, category, jurisdiction, practice_area, keyword, file_type, text, sort
    )
    return await list_(actor, wanted, cursor_paging)


@get("/documents/{document_id:uuid}", summary="A document", responses=_MINE)
async def show_document(
    document_id: FromPath[UUID], actor: FromDishka[Actor], reader: FromDishka[DocumentReader]
) -> DocumentView:
    """What is known of it."""
    actor.require(Scope.DOCUMENTS)
    return await reader.one(actor.user_id, DocumentId(document_id))


@get("/documents/{document_id:uuid}/status", summary="How far a document is read", responses=_MINE)
async def show_document_status(
    document_id: FromPath[UUID], actor: FromDishka[Actor], reader: FromDishka[DocumentReader]
) -> StatusView:
    """Steps are extract, chunk, index, embed, publish."""
    actor.require(Scope.DOCUMENTS)
    return await reader.status(actor.user_id, DocumentId(document_id))


@get(
    "/documents/{document_id:uuid}/content",
    summary="A document's text",
    responses=problems(401, 403, 404, "document_not_ready", 422, "wrong_span"),
)
async def show_document_content(
    document_id: FromPath[UUID],
    actor: FromDishka[Actor],
    reader: FromDishka[DocumentReader],
    start: FromQuery[Offset | None] = None,
    end: FromQuery[Offset | None] = None,
) -> ContentView:
    """The whole text, or, with `start` and `end`, that span and its neighbourhood. 409 while it is
    not ready."""
    actor.require(Scope.DOCUMENTS)
    return await reader.content(actor.user_id, DocumentId(document_id), _window(start, end))


@get(
    "/documents/{document_id:uuid}/chunks",
    summary="A document's passages",
    responses=problems(401, 403, 404, "document_not_ready", 422),
)
async def list_chunks(
    document_id: FromPath[UUID],
    page: NamedDependency[PageRequest],
    actor: FromDishka[Actor],
    reader: FromDishka[DocumentReader],
) -> Page[ChunkView]:
    """In reading order."""
    actor.require(Scope.DOCUMENTS)
    return await reader.chunks(actor.user_id, DocumentId(document_id), page)


@get(
    "/documents/{document_id:uuid}/download",
    summary="A document's bytes",
    operation_class=DownloadOperation,
    responses=problems(401, 403, 404, "range_not_satisfiable"),
)
async def download_document(
    request: Request[Any, Any, Any],
    document_id: FromPath[UUID],
    actor: FromDishka[Actor],
    download: FromDishka[DownloadDocument],
) -> Response[bytes] | Stream:
    """As they were uploaded, the whole file or the part that `Range` names."""
    return await sent_file(request, await download(actor, DocumentId(document_id)))


@patch(
    "/documents/{document_id:uuid}",
    summary="Say what a document is",
    responses=problems(401, 403, 404, "invalid_keywords", body=True),
)
async def describe_document(
    document_id: FromPath[UUID],
    data: JSONBody[Details],
    actor: FromDishka[Actor],
    describe: FromDishka[DescribeDocument],
) -> DocumentView:
    """What is not sent stays as it is."""
    return await describe(actor, DocumentId(document_id), data)


@delete("/documents/{document_id:uuid}", summary="Delete a document", responses=_MINE)
async def delete_document(
    document_id: FromPath[UUID], actor: FromDishka[Actor], remove: FromDishka[DeleteDocument]
) -> None:
    """It is gone at once from every list, search and answer, and soon from the disk."""
    await remove(actor, DocumentId(document_id))


def _window(start: int | None, end: int | None) -> Span | None:
    if start is None and end is None:
        return None
    if start is None or end is None or end <= start:
        raise WrongSpan("give both `start` and `end`, and the end after the start")
    return Span(max(0, start - _AROUND), end + _AROUND)


public = Injected("/api/v1", route_handlers=[list_formats], tags=["knowledge"])
secured = Injected(
    "/api/v1",
    route_handlers=[
        upload_document,
        add_version,
        list_documents,
        show_document,
        describe_document,
        show_document_status,
        show_document_content,
        list_chunks,
        download_document,
        retry_document,
        change_documents,
        watch_document,
        delete_document,
    ],
    before_request=authenticated,
    opt={OPEN_TO_KEYS: True},
    tags=["knowledge"],
    security=[{"bearer": []}],
)
