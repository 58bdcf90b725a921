from typing import Annotated, Any
from uuid import UUID

from dishka import FromDishka
from litestar import Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from application.conversations.feedback import Feedback, RateAnswer
from application.conversations.reading import SearchMessages, ShowMessage
from application.conversations.stopping import StopAnswer
from application.conversations.views import MessageView
from application.conversations.watching import WatchAnswer
from application.shared.actor import Actor
from application.shared.page import Page, PageRequest
from application.shared.text import Text
from domain.conversations.conversation import MessageId
from entrypoints.http.conversations.streaming import number_of, told
from entrypoints.http.openapi import StreamOperation, answers, problems
from entrypoints.http.sse import resumed_after

type Words = Annotated[Text, Meta(min_length=1, max_length=200)]


@get("/messages/{message_id:uuid}", summary="A message", responses=problems(401, 403, 404))
async def show_message(
    message_id: FromPath[UUID], actor: FromDishka[Actor], show: FromDishka[ShowMessage]
) -> MessageView:
    """A question, or an answer as far as it is made."""
    return await show(actor, MessageId(message_id))


@get(
    "/messages/{message_id:uuid}/events",
    summary="Watch an answer being made",
    operation_class=StreamOperation,
    responses=problems(401, 403, 404, "not_an_answer", 422, "wrong_event_id")
    | answers(204, None, "Your last event was the end"),
)
async def watch_answer(
    request: Request[Any, Any, Any],
    message_id: FromPath[UUID],
    actor: FromDishka[Actor],
    watch: FromDishka[WatchAnswer],
    after: FromQuery[str | None] = None,
) -> Response[Any]:
    """Server-sent events: `message.created`, `retrieval.completed`, `text.delta`, `citation.added`,
    `usage`, and at last `message.completed`, `message.stopped` or `message.failed`, whose data is the
    whole message. `Last-Event-ID` or `after` leaves out what was seen. It is told by any process,
    whichever makes the answer."""
    seen = number_of(resumed_after(request, after))
    if seen is None:
        return Response(None, status_code=204)
    return await told(request, watch(actor, MessageId(message_id), seen))


@post(
    "/messages/{message_id:uuid}/stop",
    status_code=200,
    summary="Stop an answer",
    responses=problems(401, 403, 404, "not_an_answer"),
)
async def stop_answer(
    message_id: FromPath[UUID], actor: FromDishka[Actor], stop: FromDishka[StopAnswer]
) -> MessageView:
    """It ends at once, with what is written so far: no text is added any more. An answer that has
    ended stays as it is."""
    return await stop(actor, MessageId(message_id))


@put(
    "/messages/{message_id:uuid}/feedback",
    summary="Rate an answer",
    responses=problems(401, 403, 404, "not_an_answer", "answer_not_ended", body=True),
)
async def rate_answer(
    data: JSONBody[Feedback],
    message_id: FromPath[UUID],
    actor: FromDishka[Actor],
    rate: FromDishka[RateAnswer],
) -> MessageView:
    """Instead of what you said of it before."""
    return await rate(actor, MessageId(message_id), data)


@get("/chat/messages", summary="Search one's messages", responses=problems(401, 403, 422))
async def search_messages(
    page: NamedDependency[PageRequest],
    actor: FromDishka[Actor],
    search: FromDishka[SearchMessages],
    words: Annotated[Words, QueryParameter(name="q")],
) -> Page[MessageView]:
    """Questions and answers that hold all the words, the newest first."""
    return await search(actor, words, page)
