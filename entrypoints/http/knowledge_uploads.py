"""Documents on their way in."""

from typing import Any
from uuid import UUID

from dishka import FromDishka
from litestar import Request, Response, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from application.files.exports import Purpose
from application.knowledge.documents import UploadDocument
from application.knowledge.intake import Uploaded
from application.knowledge.metadata import Details
from application.knowledge.versions import AddVersion
from application.knowledge.views import DocumentView
from application.operations.quotas import Metered
from application.shared.actor import Actor
from domain.shared.ids import DocumentId
from entrypoints.http.body import converted
from entrypoints.http.idempotency import STREAMS
from entrypoints.http.metering import METERED
from entrypoints.http.openapi import UploadOperation, VersionOperation, answers, problems
from entrypoints.http.uploads import UPLOAD, fields_in, file_in, form_of, only_file_in

MIB = 1024 * 1024
_LIMIT = 51 * MIB


@post(
    "/documents/upload",
    summary="Upload a document",
    request_max_body_size=_LIMIT,
    operation_class=UploadOperation,
    opt={STREAMS: True, METERED: Metered.UPLOADS},
    responses=problems(401, 403, *UPLOAD, "invalid_keywords", body=True)
    | answers(200, DocumentView, "You had these bytes already: the document that has them"),
)
async def upload_document(
    request: Request[Any, Any, Any], actor: FromDishka[Actor], upload: FromDishka[UploadDocument]
) -> Response[DocumentView]:
    """Takes what `GET /documents/formats` lists, up to 50 MiB. 201, and it is read in the background;
    200 with the document you have when you sent these bytes before."""
    form = await form_of(request, Purpose.DOCUMENT)
    return _answer(await upload(actor, file_in(form), _details(form)))


@post(
    "/documents/{document_id:uuid}/versions",
    summary="Replace a document's bytes",
    request_max_body_size=_LIMIT,
    operation_class=VersionOperation,
    opt={STREAMS: True, METERED: Metered.UPLOADS},
    responses=problems(401, 403, 404, "document_exists", *UPLOAD, body=True)
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
    file = only_file_in(await form_of(request, Purpose.DOCUMENT))
    return _answer(await add(actor, DocumentId(document_id), file))


def _answer(uploaded: Uploaded) -> Response[DocumentView]:
    return Response(
        uploaded.document,
        status_code=201 if uploaded.created else 200,
        headers={"location": f"/api/v1/documents/{uploaded.document.id}"},
    )


def _details(form: FormMultiDict) -> Details:
    """Keywords have a field each, or one with commas in between."""
    fields = fields_in(form)
    if "keywords" in fields:
        fields["keywords"] = [k for one in form.getall("keywords") for k in _split(one)]
    return converted(fields, Details)


def _split(field: Any) -> list[Any]:
    return field.split(",") if isinstance(field, str) else [field]
