"""HEAD is GET without the content (RFC 9110, 9.3.2), of every route at once."""

from litestar.enums import HttpMethod
from litestar.types import ASGIApp, Message, Receive, Scope, Send

_NOTHING: Message = {"type": "http.response.body", "body": b"", "more_body": False}


def headed(app: ASGIApp) -> ASGIApp:
    """`app`, which answers HEAD too: inside it is a GET."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") != HttpMethod.HEAD:
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

    async def receive(self) -> Message:
        return {"type": "http.disconnect"} if self._answered else await self._receive()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._answered = True
            await self._send(message)
            await self._send(_NOTHING)
