"""One wrapper around the whole app: request id, security headers, timing, one log line."""

import os
import re
import time

from dishka import AsyncContainer
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from entrypoints.http.forwarded import Networks
from entrypoints.http.inject import close
from entrypoints.http.metering import allowance_headers
from entrypoints.logs import RequestLine, RequestLog

_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)
_HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_QUIET = frozenset({"/health", "/api/v1/health", "/api/v1/health/ready"})


class Observed:
    """Logs route template, status, milliseconds, user and request id: never a query string, a
    header or a body. Health probes are logged only when they fail."""

    def __init__(
        self,
        app: ASGIApp,
        container: AsyncContainer,
        log: RequestLog,
        *,
        secure: bool,
        trusted_proxies: Networks,
    ) -> None:
        self._app, self._log = app, log
        self._own = {"container": container, "trusted_proxies": trusted_proxies}
        self._headers = (*_HEADERS, _HSTS) if secure else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            await self._observe(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _observe(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        started, status = time.perf_counter(), 0
        request_id = _request_id(scope)
        # A server may hand every request the same dict: this one's is its own.
        scope["state"] = {**scope["state"], **self._own, "request_id": request_id}

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                ms = (time.perf_counter() - started) * 1000
                message["headers"] = [
                    *message["headers"],
                    *self._headers,
                    *allowance_headers(scope["state"]),
                    (b"x-request-id", request_id.encode()),
                    (b"server-timing", f"app;dur={ms:.1f}".encode()),
                ]
            await send(message)

        try:
            await self._app(scope, receive, observed)
        finally:
            await close(scope)
            ms = round((time.perf_counter() - started) * 1000, 1)
            self._line(scope, status, ms, request_id)

    def _line(self, scope: HTTPScope, status: int, ms: float, request_id: str) -> None:
        route = scope.get("path_template") or "-"
        if route in _QUIET and status < 400:
            return
        caller = scope["state"].get("caller")
        user = caller.user.id if caller else None
        self._log.add(RequestLine(scope["method"], route, status, ms, user, request_id))


def _request_id(scope: HTTPScope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _ID.fullmatch(value):
            return bytes(value).decode()
    return os.urandom(12).hex()
