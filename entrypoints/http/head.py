"""HEAD is GET without the content (RFC 9110, 9.3.2), of every route at once."""

from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, Message, Receive, ReceiveMessage, Scope, Send
from litestar.types.asgi_types import HTTPDisconnectEvent, HTTPResponseBodyEvent

_NOTHING: HTTPResponseBodyEvent = {"type": "http.response.body", "body": b"", "more_body": False}
_GONE: HTTPDisconnectEvent = {"type": "http.disconnect"}


def headed(app: ASGIApp) -> ASGIApp:
    """`app`, which answers HEAD too: inside it is a GET."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != HttpMethod.HEAD:
            await app(scope, receive, send)
            return
        scope["method"] = HttpMethod.GET.value
        try:
            head = _Head(receive, send)
            await app(scope, head.receive, head.send)
        finally:
            scope["method"] = HttpMethod.HEAD.value

    return handler


class _Head:
    """With its head the answer is complete, and for a stream the client is gone."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send, self._answered = receive, send, False

    async def receive(self) -> ReceiveMessage:
        return _GONE if self._answered else await self._receive()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._answered = True
            await self._send(message)
            await self._send(_NOTHING)
