from functools import partial
from typing import Any
from uuid import UUID

from dishka import FromDishka
from litestar import Request, Response, post
from litestar.params import FromPath, JSONBody

from application.conversations.asking import AskQuestion, RegenerateAnswer
from application.conversations.questions import Another, FollowUp, Question
from application.conversations.views import Asked, ChatAnswer, MessageView, chat_answer
from application.conversations.watching import AwaitAnswer, WatchAnswer
from application.shared.actor import Actor
from domain.conversations.conversation import MessageId
from entrypoints.http.conversations.once import once
from entrypoints.http.conversations.streaming import told, wants_events
from entrypoints.http.idempotency import KEPT_BY_USE_CASE
from entrypoints.http.openapi import answers, problems

_PATIENCE = 60.0  # seconds; proxies hang up after it


@post(
    "/chat/chat",
    status_code=200,
    summary="Ask, and wait for the answer",
    responses=problems(
        401,
        403,
        404,
        "session_taken",
        "already_asked",
        "contradictory",
        "invalid_metadata",
        "model_not_allowed",
        "budget_exceeded",
        body=True,
    )
    | answers(202, ChatAnswer, "The answer is still being made: ask at `location` again"),
    opt={KEPT_BY_USE_CASE: True},
)
async def chat(
    request: Request[Any, Any, Any],
    data: JSONBody[Question],
    actor: FromDishka[Actor],
    ask: FromDishka[AskQuestion],
    watch: FromDishka[WatchAnswer],
    await_: FromDishka[AwaitAnswer],
) -> Response[ChatAnswer]:
    """Without a model every sentence of the answer is a verbatim span of one of your documents, and
    cited; or nothing answers, and it says so. With one, what it cites is checked. When it fails, this
    is 200 with an answer whose status is `failed`. The answer is made whether or not you wait: should
    it take longer than a minute, this is 202 with the pending answer, which `location` goes on to
    show. `Accept: text/event-stream` streams it, as `GET /messages/{id}/events`. What is sent again
    by its `client_message_id`, or else by its `Idempotency-Key`, is the same question, which is
    waited for or streamed again."""
    answer = (await once(request, data, partial(ask, actor))).answer
    if wants_events(request):
        return await told(request, watch(actor, answer.id))
    answer = await await_(actor, answer.id, _PATIENCE)
    headers = {"location": f"/api/v1/messages/{answer.id}"}
    status = 200 if answer.status.terminal else 202
    return Response(chat_answer(answer), status_code=status, headers=headers)


@post(
    [
        "/chat/conversations/{conversation_id:uuid}/messages",
        "/chat/sessions/{conversation_id:uuid}/messages",
    ],
    status_code=201,
    summary="Ask in a conversation",
    responses=problems(
        401,
        403,
        404,
        "already_asked",
        "invalid_metadata",
        "model_not_allowed",
        "budget_exceeded",
        body=True,
    ),
    opt={KEPT_BY_USE_CASE: True},
)
async def ask_in_conversation(
    request: Request[Any, Any, Any],
    data: JSONBody[FollowUp],
    conversation_id: FromPath[UUID],
    actor: FromDishka[Actor],
    ask: FromDishka[AskQuestion],
    watch: FromDishka[WatchAnswer],
) -> Response[Asked]:
    """At once: the question as kept, and the answer, `pending`, which is made whether or not anybody
    waits, after those that were asked before it in this conversation. `location` shows it, and
    `GET /messages/{id}/events` tells how it goes; `Accept: text/event-stream` streams that here. Sent
    again by its `client_message_id`, or else by its `Idempotency-Key`: the same, as it is by now."""
    asked = await once(request, data.within(conversation_id), partial(ask, actor))
    if wants_events(request):
        return await told(request, watch(actor, asked.answer.id))
    headers = {"location": f"/api/v1/messages/{asked.answer.id}"}
    return Response(asked, status_code=201, headers=headers)


@post(
    "/messages/{message_id:uuid}/regenerate",
    status_code=201,
    summary="Answer again",
    responses=problems(
        401,
        403,
        404,
        "not_an_answer",
        "answer_not_ended",
        "model_not_allowed",
        "budget_exceeded",
        body=True,
    ),
)
async def regenerate_answer(
    data: JSONBody[Another],
    message_id: FromPath[UUID],
    actor: FromDishka[Actor],
    regenerate: FromDishka[RegenerateAnswer],
) -> Response[MessageView]:
    """A further answer to the same question, beside the first, which stays. The conversation goes on
    under the new one."""
    answer = await regenerate(actor, MessageId(message_id), data)
    headers = {"location": f"/api/v1/messages/{answer.id}"}
    return Response(answer, status_code=201, headers=headers)
