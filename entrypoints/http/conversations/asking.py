import asyncio
from contextlib import aclosing, suppress
from typing import Any
from uuid import UUID

from dishka import FromDishka
from litestar import Request, Response, post
from litestar.params import FromPath, JSONBody
from msgspec import structs

from application.conversations.asking import (
    Another,
    AskQuestion,
    FollowUp,
    Question,
    RegenerateAnswer,
)
from application.conversations.reading import ShowMessage
from application.conversations.views import Asked, ChatAnswer, MessageView, chat_answer
from application.conversations.watching import WatchAnswer
from application.shared.actor import Actor
from domain.conversations.conversation import MessageId
from entrypoints.http.conversations.streaming import told, wants_events
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
        "model_not_allowed",
        "budget_exceeded",
        body=True,
    )
    | answers(202, ChatAnswer, "The answer is still being made: ask at `location` again"),
)
async def chat(
    request: Request[Any, Any, Any],
    data: JSONBody[Question],
    actor: FromDishka[Actor],
    ask: FromDishka[AskQuestion],
    watch: FromDishka[WatchAnswer],
    show: FromDishka[ShowMessage],
) -> Response[ChatAnswer]:
    """Without a model every sentence of the answer is a verbatim span of one of your documents, and
    cited; or nothing answers, and it says so. With one, what it cites is checked. When it fails, this
    is 200 with an answer whose status is `failed`. The answer is made whether or not you wait: should
    it take longer than a minute, this is 202 with the pending answer, which `location` goes on to
    show. `Accept: text/event-stream` streams it, as `GET /messages/{id}/events`."""
    answer = (await ask(actor, _once(request, data))).answer
    if wants_events(request):
        return await told(request, watch(actor, answer.id))
    answer = await _ended(actor, answer, watch, show)
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
        401, 403, 404, "already_asked", "model_not_allowed", "budget_exceeded", body=True
    ),
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
    `GET /messages/{id}/events` tells how it goes; `Accept: text/event-stream` streams that here."""
    asked = await ask(actor, _once(request, data.within(conversation_id)))
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


def _once(request: Request[Any, Any, Any], question: Question) -> Question:
    """A stream is not kept for those who send it again, so its key names the question."""
    key = request.headers.get("idempotency-key")
    if not wants_events(request) or question.client_message_id is not None or not key:
        return question
    return structs.replace(question, client_message_id=key)


async def _ended(
    actor: Actor, answer: MessageView, watch: WatchAnswer, show: ShowMessage
) -> MessageView:
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE), aclosing(watch(actor, answer.id)) as events:
            async for _ in events:
                pass
    return await show(actor, answer.id)
