from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from dishka import FromDishka
from litestar import Request, Response, delete, get, patch, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream
from msgspec import Meta

from application.files.exports import Purpose, Upload, file_too_large
from application.knowledge.documents import (
    DeleteDocument,
    DownloadDocument,
    UploadDocument,
)
from application.knowledge.metadata import DescribeDocument, Details
from application.knowledge.ports import DocumentReader
from application.knowledge.views import (
    ChunkView,
    ContentView,
    DocumentView,
    StatusView,
)
from application.shared.actor import Actor, Scope
from application.shared.page import Page, PageRequest
from domain.shared.errors import Invalid, Malformed
from domain.shared.ids import DocumentId
from domain.shared.span import Span
from entrypoints.http.auth import OPEN_TO_KEYS, authenticated
from entrypoints.http.body import converted
from entrypoints.http.idempotency import STREAMS
from entrypoints.http.inject import Injected
from entrypoints.http.openapi import DownloadOperation, UploadOperation, answers, problems

MIB = 1024 * 1024
_PIECE = 256 * 1024
_AROUND = 400  # code points shown before and after a span
_MINE = problems(401, 403, 404)
_UPLOAD = (
    "missing_file",
    "several_files",
    "unnamed_file",
    "invalid_file_name",
    "empty_file",
    "file_too_large",
    "unsupported_file",
    "invalid_keywords",
)

type Offset = Annotated[int, Meta(ge=0, le=2**30)]


class WrongSpan(Invalid): ...


class MissingFile(Malformed): ...


class SeveralFiles(Malformed): ...


@post(
    "/documents/upload",
    summary="Upload a document",
    request_max_body_size=51 * MIB,
    operation_class=UploadOperation,
    opt={STREAMS: True},
    responses=problems(401, 403, *_UPLOAD, body=True)
    | answers(200, DocumentView, "You had these bytes already: the document that has them"),
)
async def upload_document(
    request: Request[Any, Any, Any], actor: FromDishka[Actor], upload: FromDishka[UploadDocument]
) -> Response[DocumentView]:
    """Takes PDF, DOCX, TXT and Markdown of up to 50 MiB. 201, and it is read in the background;
    200 with the document you have when you sent these bytes before."""
    sent, details = await _sent(request)
    uploaded = await upload(actor, sent, details)
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


@get(
    "/documents/{document_id:uuid}/download",
    summary="A document's bytes",
    operation_class=DownloadOperation,
    responses=_MINE,
)
async def download_document(
    document_id: FromPath[UUID], actor: FromDishka[Actor], download: FromDishka[DownloadDocument]
) -> Stream:
    """As they were uploaded."""
    file, content = await download(actor, DocumentId(document_id))
    name = quote(file.original_name, safe="")
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{name}",
        "content-length": str(file.size),
        "etag": f'"{file.sha256}"',
    }
    return Stream(content, headers=headers, media_type=file.media_type)


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


async def _sent(request: Request[Any, Any, Any]) -> tuple[Upload, Details]:
    if request.content_type[0] != "multipart/form-data":
        raise HTTPException("send a multipart form", status_code=415)
    try:
        sent = await request.form()
    except RequestEntityTooLarge:
        raise file_too_large(Purpose.DOCUMENT) from None
    if len(sent.getall("file", [])) > 1:
        raise SeveralFiles("send one file at a time")
    form = dict(sent)
    file = form.pop("file", None)
    if file is None:
        raise MissingFile("the form has no field `file`")
    details = converted(form | _keywords(sent.getall("keywords", [])), Details)
    if isinstance(file, UploadFile):
        return Upload(file.filename, _pieces(file)), details
    return Upload(None, _nothing()), details  # a file without a name arrives as a text


def _keywords(fields: list[Any]) -> dict[str, Any]:
    """Of a form: a field for each, or one with commas in between."""
    if not fields:
        return {}
    return {"keywords": [k for field in fields for k in field.split(",")]}


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE):
        yield piece


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


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
        describe_document,
        show_document_status,
        show_document_content,
        list_chunks,
        download_document,
        delete_document,
    ],
    before_request=authenticated,
    opt={OPEN_TO_KEYS: True},
    tags=["knowledge"],
    security=[{"bearer": []}],
)
