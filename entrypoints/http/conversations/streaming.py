"""Answers as server-sent events."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from litestar import Response

from domain.conversations.stream import MessageEvent
from domain.shared.errors import Invalid
from entrypoints.http.auth import AnyRequest
from entrypoints.http.sse import Event, streamed

_END = "end"  # the id of an end whose events are forgotten


class WrongEventId(Invalid): ...


def wants_events(request: AnyRequest) -> bool:
    return "text/event-stream" in request.headers.get("accept", "")


def number_of(event_id: str | None) -> int | None:
    """Which event a client has seen last; None: the end. Raises WrongEventId."""
    if event_id == _END:
        return None
    if event_id and not (event_id.isascii() and event_id.isdigit() and len(event_id) < 10):
        raise WrongEventId("this is not the id of an event of this message")
    return int(event_id or 0)


async def told(request: AnyRequest, events: AsyncGenerator[MessageEvent]) -> Response[Any]:
    """All of them, as they happen, each with an id from which a client can go on."""
    return await streamed(request, _events(events))


async def _events(events: AsyncGenerator[MessageEvent]) -> AsyncGenerator[Event]:
    async with aclosing(events):
        async for event in events:
            yield Event(event.type, event.data, str(event.seq) if event.seq else _END)
