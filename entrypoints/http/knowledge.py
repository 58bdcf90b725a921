from typing import Annotated, Any
from uuid import UUID

from dishka import FromDishka
from litestar import Request, Response, delete, get, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream
from msgspec import Meta

from application.files.exports import Purpose
from application.knowledge.documents import (
    DeleteDocument,
    Details,
    DownloadDocument,
    UploadDocument,
)
from application.knowledge.ports import DocumentReader
from application.knowledge.search import SearchDocuments
from application.knowledge.views import (
    ChunkView,
    ContentView,
    DocumentView,
    Found,
    Query,
    StatusView,
)
from application.operations.quotas import Metered
from application.shared.actor import Actor, Scope
from application.shared.page import Page, PageRequest
from domain.shared.errors import Invalid
from domain.shared.ids import DocumentId
from domain.shared.span import Span
from entrypoints.http.auth import OPEN_TO_KEYS, authenticated
from entrypoints.http.body import converted
from entrypoints.http.downloads import READ, sent_file
from entrypoints.http.idempotency import STREAMS
from entrypoints.http.inject import Injected
from entrypoints.http.metering import METERED
from entrypoints.http.openapi import DownloadOperation, UploadOperation, answers, problems
from entrypoints.http.uploads import UPLOAD, received

MIB = 1024 * 1024
_AROUND = 400  # code points shown before and after a span
_MINE = problems(401, 403, 404)

type Offset = Annotated[int, Meta(ge=0, le=2**30)]


class WrongSpan(Invalid): ...


@post(
    "/documents/upload",
    summary="Upload a document",
    request_max_body_size=51 * MIB,
    operation_class=UploadOperation,
    opt={STREAMS: True, METERED: Metered.UPLOADS},
    responses=problems(401, 403, *UPLOAD, "quota_exceeded", body=True)
    | answers(200, DocumentView, "You had these bytes already: the document that has them"),
)
async def upload_document(
    request: Request[Any, Any, Any], actor: FromDishka[Actor], upload: FromDishka[UploadDocument]
) -> Response[DocumentView]:
    """Takes PDF, DOCX, TXT and Markdown of up to 50 MiB. 201, and it is read in the background;
    200 with the document you have when you sent these bytes before."""
    sent, details = await received(request, Purpose.DOCUMENT)
    uploaded = await upload(actor, sent, converted(details, Details))
    return Response(
        uploaded.document,
        status_code=201 if uploaded.created else 200,
        headers={"location": f"/api/v1/documents/{uploaded.document.id}"},
    )


@get("/documents", summary="One's documents", responses=problems(401, 403, 422))
async def list_documents(
    page: NamedDependency[PageRequest], actor: FromDishka[Actor], reader: FromDishka[DocumentReader]
) -> Page[DocumentView]:
    """Newest first."""
    actor.require(Scope.DOCUMENTS)
    return await reader.page(actor.user_id, page)


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


@route(
    "/documents/{document_id:uuid}/download",
    http_method=READ,
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


@delete("/documents/{document_id:uuid}", summary="Delete a document", responses=_MINE)
async def delete_document(
    document_id: FromPath[UUID], actor: FromDishka[Actor], remove: FromDishka[DeleteDocument]
) -> None:
    """It is gone at once from every list, search and answer, and soon from the disk."""
    await remove(actor, DocumentId(document_id))


@post(
    "/search",
    status_code=200,
    summary="Search one's documents",
    responses=problems(401, 403, "quota_exceeded", body=True),
    opt={METERED: Metered.SEARCHES},
)
async def search_documents(
    data: JSONBody[Query], actor: FromDishka[Actor], search: FromDishka[SearchDocuments]
) -> Found:
    """Passages, best first: by words and by meaning, fused."""
    return await search(actor, data)


def _window(start: int | None, end: int | None) -> Span | None:
    if start is None and end is None:
        return None
    if start is None or end is None or end <= start:
        raise WrongSpan("give both `start` and `end`, and the end after the start")
    return Span(max(0, start - _AROUND), end + _AROUND)


secured = Injected(
    "/api/v1",
    route_handlers=[
        upload_document,
        list_documents,
        show_document,
        show_document_status,
        show_document_content,
        list_chunks,
        download_document,
        delete_document,
        search_documents,
    ],
    before_request=authenticated,
    opt={OPEN_TO_KEYS: True},
    tags=["knowledge"],
    security=[{"bearer": []}],
)
