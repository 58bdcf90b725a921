"""Files on their way in: forms whose `file` streams to storage."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from dishka import FromDishka
from litestar import Request, Response, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.exceptions import HTTPException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.params import FromPath
from msgspec import Struct

from application.files.exports import Purpose, Upload, file_too_large
from application.knowledge.documents import UploadDocument
from application.knowledge.metadata import Details
from application.knowledge.versions import AddVersion, Uploaded
from application.knowledge.views import DocumentView
from application.shared.actor import Actor
from domain.shared.errors import Malformed
from domain.shared.ids import DocumentId
from entrypoints.http.body import converted
from entrypoints.http.idempotency import STREAMS
from entrypoints.http.openapi import UploadOperation, VersionOperation, answers, problems

MIB = 1024 * 1024
_LIMIT = 51 * MIB
_PIECE = 256 * 1024
_UPLOAD = (
    "missing_file",
    "several_files",
    "unnamed_file",
    "invalid_file_name",
    "empty_file",
    "file_too_large",
    "unsupported_file",
)


class MissingFile(Malformed): ...


class SeveralFiles(Malformed): ...


class _Bare(Struct, forbid_unknown_fields=True):
    """What a form says beside its file, when that may be nothing."""


@post(
    "/documents/upload",
    summary="Upload a document",
    request_max_body_size=_LIMIT,
    operation_class=UploadOperation,
    opt={STREAMS: True},
    responses=problems(401, 403, *_UPLOAD, "invalid_keywords", body=True)
    | answers(200, DocumentView, "You had these bytes already: the document that has them"),
)
async def upload_document(
    request: Request[Any, Any, Any], actor: FromDishka[Actor], upload: FromDishka[UploadDocument]
) -> Response[DocumentView]:
    """Takes PDF, DOCX, TXT and Markdown of up to 50 MiB. 201, and it is read in the background;
    200 with the document you have when you sent these bytes before."""
    form = await _form(request)
    file = _file(form)
    return _answer(await upload(actor, file, _details(form)))


@post(
    "/documents/{document_id:uuid}/versions",
    summary="Replace a document's bytes",
    request_max_body_size=_LIMIT,
    operation_class=VersionOperation,
    opt={STREAMS: True},
    responses=problems(401, 403, 404, "document_exists", *_UPLOAD, body=True)
    | answers(200, DocumentView, "These are its bytes already"),
)
async def add_version(
    request: Request[Any, Any, Any],
    document_id: FromPath[UUID],
    actor: FromDishka[Actor],
    add: FromDishka[AddVersion],
) -> Response[DocumentView]:
    """201, and they are read in the background. Until they are, and when they cannot be, what was
    there before is shown and found. Of several versions on their way the newest wins."""
    form = await _form(request)
    file = _file(form)
    converted(_fields(form), _Bare)
    return _answer(await add(actor, DocumentId(document_id), file))


def _answer(uploaded: Uploaded) -> Response[DocumentView]:
    return Response(
        uploaded.document,
        status_code=201 if uploaded.created else 200,
        headers={"location": f"/api/v1/documents/{uploaded.document.id}"},
    )


async def _form(request: Request[Any, Any, Any]) -> FormMultiDict:
    if request.content_type[0] != "multipart/form-data":
        raise HTTPException("send a multipart form", status_code=415)
    try:
        return await request.form()
    except RequestEntityTooLarge:
        raise file_too_large(Purpose.DOCUMENT) from None


def _file(form: FormMultiDict) -> Upload:
    files = form.getall("file", [])
    if len(files) > 1:
        raise SeveralFiles("send one file at a time")
    if not files:
        raise MissingFile("the form has no field `file`")
    if isinstance(files[0], UploadFile):
        return Upload(files[0].filename, _pieces(files[0]))
    return Upload(None, _nothing())  # a file without a name arrives as a text


def _details(form: FormMultiDict) -> Details:
    """Keywords have a field each, or one with commas in between."""
    fields = _fields(form)
    if "keywords" in fields:
        fields["keywords"] = [k for one in form.getall("keywords") for k in _split(one)]
    return converted(fields, Details)


def _split(field: Any) -> list[Any]:
    return field.split(",") if isinstance(field, str) else [field]


def _fields(form: FormMultiDict) -> dict[str, Any]:
    return {name: value for name, value in form.items() if name != "file"}


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE):
        yield piece


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""
