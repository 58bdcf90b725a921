"""What is done with documents, and watching it being done."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from uuid import UUID

from dishka import FromDishka
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from application.knowledge.batch import Batch, BatchView, ChangeDocuments
from application.knowledge.progress import WatchDocument
from application.knowledge.versions import RetryDocument
from application.knowledge.views import StatusView
from application.shared.actor import Actor
from domain.shared.ids import DocumentId
from entrypoints.http.openapi import StreamOperation, answers, problems
from entrypoints.http.sse import Event, resumed_after, streamed


@post(
    "/documents/{document_id:uuid}/retry",
    status_code=202,
    summary="Read a failed document again",
    responses=problems(401, 403, 404, "document_not_failed"),
)
async def retry_document(
    document_id: FromPath[UUID], actor: FromDishka[Actor], retry: FromDishka[RetryDocument]
) -> Response[StatusView]:
    """From the first step. 409 unless its `processing_status` is `failed`."""
    status = await retry(actor, DocumentId(document_id))
    return Response(
        status,
        status_code=202,
        headers={"location": f"/api/v1/documents/{document_id}/status"},
    )


@post(
    "/documents/batch",
    status_code=200,
    summary="Change many documents",
    responses=problems(401, 403, "invalid_keywords", body=True),
)
async def change_documents(
    data: JSONBody[Batch], actor: FromDishka[Actor], change: FromDishka[ChangeDocuments]
) -> BatchView:
    """`operation` is `delete`, `reprocess` or `update_keywords`, of up to 100 documents. Each is done
    by itself: `items` tells of every one whether it was, and else why not."""
    return await change(actor, data)


@get(
    "/documents/{document_id:uuid}/events",
    summary="Watch a document being read",
    operation_class=StreamOperation,
    responses=problems(401, 403, 404, 422)
    | answers(204, None, "It was read, or could not be, when your last event was sent"),
)
async def watch_document(
    request: Request[Any, Any, Any],
    document_id: FromPath[UUID],
    actor: FromDishka[Actor],
    watch: FromDishka[WatchDocument],
    after: FromQuery[str | None] = None,
) -> Response[Any]:
    """Server-sent events `status`, whose data is what `GET …/status` answers: one at once, one at
    every change, and after `completed` or `failed` the stream ends. `Last-Event-ID` or `after`
    leaves out what was seen."""
    statuses = watch(actor, DocumentId(document_id))
    return await streamed(request, _events(statuses, resumed_after(request, after)))


async def _events(statuses: AsyncGenerator[StatusView], seen: str | None) -> AsyncGenerator[Event]:
    async with aclosing(statuses):
        async for status in statuses:
            moment = f"{status.version}-{status.updated_at.timestamp():.6f}"
            if moment != seen:
                yield Event("status", status, moment)
