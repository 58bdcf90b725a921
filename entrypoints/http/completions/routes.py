from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from http import HTTPStatus
from typing import Any

import msgspec
from dishka import FromDishka
from litestar import Request, Response, get, post
from litestar.params import JSONBody
from msgspec import Struct

from application.conversations.completing import CompleteChat
from application.conversations.views import MessageView
from application.conversations.watching import AwaitAnswer, WatchAnswer
from application.models.choice import ListModels
from application.shared.actor import Actor
from domain.conversations.message import EXTRACTIVE, FinishReason, MessageStatus
from domain.conversations.stream import EventType, MessageEvent
from entrypoints.http.completions.errors import failed
from entrypoints.http.completions.protocol import (
    Answer,
    Choice,
    CompletionRequest,
    Model,
    Models,
    Spoken,
    annotations,
    sources,
    used,
)
from entrypoints.http.conversations.once import once
from entrypoints.http.idempotency import KEPT_BY_USE_CASE
from entrypoints.http.sse import streamed
from entrypoints.settings import Settings

KIB = 1024
_PATIENCE = 330.0  # seconds: an answer that waited or was tried again may take longer still
_LOCAL = "colonnade"
# Asking again would be another question, which is paid for again.
_NOT_AGAIN = {"x-should-retry": "false"}
_CUT = (FinishReason.LENGTH, FinishReason.CONTENT_FILTER)  # what the protocol knows beside `stop`


class Line(Struct, frozen=True):
    """The next event of a stream: JSON, or the word that ends it."""

    data: Any

    def encoded(self) -> bytes:
        data = self.data if isinstance(self.data, bytes) else msgspec.json.encode(self.data)
        return b"data: " + data + b"\n\n"


@get("/models", summary="Models, as OpenAI lists them")
async def list_openai_models(actor: FromDishka[Actor], models: FromDishka[ListModels]) -> Models:
    """Those that a question may ask for, and the one that quotes your documents and asks nobody."""
    found = await models(actor)
    owner = found.provider or _LOCAL
    chosen = [Model(name, owner) for name in found.models]
    return Models([*chosen, Model(EXTRACTIVE, _LOCAL)])


@post(
    "/chat/completions",
    status_code=200,
    summary="Complete a chat, as OpenAI's API does",
    request_max_body_size=1024 * KIB,
    opt={KEPT_BY_USE_CASE: True},
)
async def complete_chat(
    request: Request[Any, Any, Any],
    data: JSONBody[CompletionRequest],
    actor: FromDishka[Actor],
    settings: FromDishka[Settings],
    complete: FromDishka[CompleteChat],
    watch: FromDishka[WatchAnswer],
    await_: FromDishka[AwaitAnswer],
) -> Response[Any]:
    """An answer from your documents, with its sources below and as annotations."""
    answer = (await once(request, data.completion(), partial(complete, actor))).answer
    base = settings.base_url.rstrip("/")
    if data.stream:
        usage = data.stream_options is not None and data.stream_options.include_usage
        lines = _lines(watch(actor, answer.id), data.model, base, usage=usage)
        return await streamed(request, lines)
    return _whole(await await_(actor, answer.id, _PATIENCE), data.model, base)


def _whole(message: MessageView, model: str, base: str) -> Response[Any]:
    if message.status not in (MessageStatus.COMPLETE, MessageStatus.STOPPED):
        status = HTTPStatus.SERVICE_UNAVAILABLE
        return Response(_failure(message), status_code=status, headers=_NOT_AGAIN)
    content = message.content + sources(message, base)
    spoken = Spoken("assistant", content, annotations(message, base))
    answer = Answer(
        id=f"chatcmpl-{message.id}",
        object="chat.completion",
        created=int(message.created_at.timestamp()),
        model=message.model_used or model,
        choices=[Choice(message=spoken, finish_reason=_reason(message))],
        usage=used(message),
    )
    return Response(answer)


async def _lines(
    events: AsyncGenerator[MessageEvent], model: str, base: str, *, usage: bool
) -> AsyncGenerator[Line]:
    text = ""
    async with aclosing(events):
        async for event in events:
            match event.type:
                case EventType.CREATED:
                    message = msgspec.convert(event.data["answer"], MessageView)
                    yield _chunk(message, model, Choice(delta=Spoken("assistant", "")))
                case EventType.DELTA:
                    text += event.data["text"]
                    delta = Spoken(content=event.data["text"])
                    yield _chunk(message, model, Choice(delta=delta))
                case EventType.FAILED:
                    yield Line(_failure(msgspec.convert(event.data, MessageView)))
                case EventType.COMPLETED | EventType.STOPPED:
                    ended = msgspec.convert(event.data, MessageView)
                    for line in _last(ended, text, model, base, usage=usage):
                        yield line


def _last(message: MessageView, told: str, model: str, base: str, *, usage: bool) -> list[Line]:
    """Annotations are of the text as it is kept: whoever was told another is told none."""
    notes = annotations(message, base) if told == message.content else []
    delta = Spoken(content=sources(message, base), annotations=notes)
    lines = [_chunk(message, model, Choice(delta=delta))] if message.citations else []
    end = Choice(delta=Spoken(), finish_reason=_reason(message))
    lines.append(_chunk(message, model, end))
    if usage:
        whole = msgspec.structs.replace(_answer(message, model, []), usage=used(message))
        lines.append(Line(whole))
    return [*lines, Line(b"[DONE]")]


def _chunk(message: MessageView, model: str, choice: Choice) -> Line:
    return Line(_answer(message, model, [choice]))


def _answer(message: MessageView, model: str, choices: list[Choice]) -> Answer:
    return Answer(
        id=f"chatcmpl-{message.id}",
        object="chat.completion.chunk",
        created=int(message.created_at.timestamp()),
        model=message.model_used or model,
        choices=choices,
    )


def _reason(message: MessageView) -> str:
    reason = message.finish_reason
    return reason if reason in _CUT else FinishReason.STOP


def _failure(message: MessageView) -> Any:
    status = HTTPStatus.SERVICE_UNAVAILABLE
    if message.error is None:
        return failed("unavailable", "the answer is still being made", status)
    return failed(message.error.code, message.error.detail, status)
