import asyncio
from uuid import UUID

from dishka import FromDishka
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from application.conversations.messages import AskQuestion, Question, ShowMessage
from application.conversations.views import ChatAnswer, MessageView, chat_answer
from application.shared.actor import Actor
from domain.conversations.message import MessageId
from entrypoints.http.auth import OPEN_TO_KEYS, authenticated
from entrypoints.http.inject import Injected
from entrypoints.http.openapi import answers, problems

_PAUSES = (0.01, 0.015, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2)  # seconds, then always the last
_PATIENCE = 30.0


@post(
    "/chat/chat",
    status_code=200,
    summary="Ask, and wait for the answer",
    responses=problems(401, 403, 404, "session_taken", body=True)
    | answers(202, ChatAnswer, "The answer is still being made: ask at `location` again"),
)
async def chat(
    data: JSONBody[Question],
    actor: FromDishka[Actor],
    ask: FromDishka[AskQuestion],
    show: FromDishka[ShowMessage],
) -> Response[ChatAnswer]:
    """Every sentence of the answer is a verbatim span of one of your documents, and cited; or
    nothing answers, and it says so. The answer is made whether or not you wait: should it take
    longer than 30 s, this is 202 with the pending answer, which `location` goes on to show."""
    answer = (await ask(actor, data)).answer
    answer = await _ended(actor, answer, show)
    headers = {"location": f"/api/v1/messages/{answer.id}"}
    status = 200 if answer.status.terminal else 202
    return Response(chat_answer(answer), status_code=status, headers=headers)


@get("/messages/{message_id:uuid}", summary="A message", responses=problems(401, 403, 404))
async def show_message(
    message_id: FromPath[UUID], actor: FromDishka[Actor], show: FromDishka[ShowMessage]
) -> MessageView:
    """A question, or an answer as far as it is made."""
    return await show(actor, MessageId(message_id))


async def _ended(actor: Actor, answer: MessageView, show: ShowMessage) -> MessageView:
    tries, waited = 0, 0.0
    while not answer.status.terminal and waited < _PATIENCE:
        pause = _PAUSES[min(tries, len(_PAUSES) - 1)]
        await asyncio.sleep(pause)
        tries, waited = tries + 1, waited + pause
        answer = await show(actor, answer.id)
    return answer


secured = Injected(
    "/api/v1",
    route_handlers=[chat, show_message],
    before_request=authenticated,
    opt={OPEN_TO_KEYS: True},
    tags=["conversations"],
    security=[{"bearer": []}],
)
