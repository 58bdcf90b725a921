"""Server-sent events: an answer that goes on while there is something to tell."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import Any, Protocol

import msgspec
from litestar import Response
from litestar.response import Stream
from msgspec import Struct

from domain.shared.errors import DomainError
from entrypoints.http.auth import AnyRequest, known

BEAT = 15.0  # seconds of silence after which proxies may hang up
LONGEST = 15 * 60.0  # seconds
LOOK = 5.0  # seconds between two looks at whether the caller may still come in
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class Encoded(Protocol):
    def encoded(self) -> bytes: ...


class Event(Struct, frozen=True):
    """`data` is sent as JSON. Only an event from which a client can go on has an `id`."""

    name: str
    data: Any
    id: str | None = None

    def encoded(self) -> bytes:
        lines = [b"event: " + self.name.encode(), b"data: " + msgspec.json.encode(self.data)]
        if self.id is not None:
            lines.insert(0, b"id: " + self.id.encode())
        return b"\n".join(lines) + b"\n\n"


def resumed_after(request: AnyRequest, after: str | None) -> str | None:
    """The last event that the client has: a browser that comes back says so in a header."""
    return request.headers.get("last-event-id") or after


async def streamed(
    request: AnyRequest,
    events: AsyncGenerator[Encoded],
    *,
    beat: float = BEAT,
    longest: float = LONGEST,
) -> Response[Any]:
    """The answer whose body `events` are, for as long as the request's caller may come in. What its
    first one raises is answered as a problem; when there is none, as 204, which tells a browser
    not to come back."""
    first = await anext(events, None)
    if first is None:
        return Response(None, status_code=204)
    body = _body(request, first, events, beat, longest)
    return Stream(body, media_type="text/event-stream", headers=_HEADERS)


async def _body(
    request: AnyRequest,
    first: Encoded,
    events: AsyncGenerator[Encoded],
    beat: float,
    longest: float,
) -> AsyncIterator[bytes]:
    """A client that is gone cancels this wherever it waits, and `events` are closed with it."""
    end = asyncio.get_running_loop().time() + longest
    async with aclosing(events):
        yield first.encoded()
        following = _following(events)
        refused: asyncio.Future[Any] = asyncio.ensure_future(_until_refused(request))
        try:
            while asyncio.get_running_loop().time() < end:
                done, _ = await asyncio.wait(
                    [following, refused], timeout=beat, return_when=asyncio.FIRST_COMPLETED
                )
                if refused in done:
                    return
                if not done:
                    yield b":\n\n"
                elif event := following.result():
                    yield event.encoded()
                    following = _following(events)
                else:
                    return
        except DomainError:
            return  # whoever comes back is told what it is
        finally:
            following.cancel()
            refused.cancel()
            await asyncio.gather(following, refused, return_exceptions=True)


async def _until_refused(request: AnyRequest) -> None:
    """Until a new request with the same credential would not be let in, or nobody can tell."""
    with suppress(DomainError):
        while True:
            await asyncio.sleep(LOOK)
            await known(request)


def _following(events: AsyncGenerator[Encoded]) -> asyncio.Future[Any]:
    return asyncio.ensure_future(anext(events, None))
