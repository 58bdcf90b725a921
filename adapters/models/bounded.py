"""Answers that cannot make us hold more than a bounded amount of them."""

from collections.abc import AsyncIterator

import httpx2

LINE = 256 * 1024  # bytes without a line break: what a reader of lines has to hold
BODY = 8 * 1024 * 1024  # bytes of an answer


class TooMuch(Exception):
    """The answer is longer than any honest one."""


async def bounded(response: httpx2.Response) -> None:
    """A hook of an HTTP client: breaks off an answer that is too long. One that comes compressed
    could grow without end after it was counted; nobody asks for that here, so it is refused."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise TooMuch
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Bounded(response.stream)


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        body = line = 0
        async for piece in self._inner:
            body += len(piece)
            last = piece.rfind(b"\n")
            line = line + len(piece) if last < 0 else len(piece) - last - 1
            if body > BODY or line > LINE:
                raise TooMuch
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()
