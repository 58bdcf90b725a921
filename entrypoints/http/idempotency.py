"""The header Idempotency-Key: a POST that is sent again is answered as the first was, and done
once. The routers' `before_request` begins, when it knows who asks; a wrapper around the app keeps
what is really sent, be it a handler's answer or a problem."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import structlog
from litestar import Request, Response
from litestar.enums import HttpMethod
from litestar.exceptions import ValidationException
from litestar.types import (
    ASGIApp,
    HTTPResponseBodyEvent,
    HTTPResponseStartEvent,
    Message,
    Receive,
    Scope,
    Send,
)

from application.identity.ports import Caller
from application.operations.ports import Replays
from application.operations.replays import Answer, Attempt
from application.shared.ports import Clock
from domain.shared.errors import DomainError

# The `opt` of routes whose body streams: it cannot be told from another before it is read.
STREAMS = "streams"
# The `opt` of routes whose use case is told the key, and keeps what it promises for longer.
KEPT_BY_USE_CASE = "kept_by_use_case"

_NAME = "Idempotency-Key"
_RAW_NAME = b"idempotency-key"
_KEY = re.compile(rb"[\x20-\x7e]{1,255}")
_KEPT_HEADERS = frozenset({"content-type", "content-disposition", "location"})
# What another try may be answered otherwise; as is anything of 3xx and 5xx.
_PASSING = frozenset({401, 403, 408, 413, 429})

type AnyRequest = Request[Any, Any, Any]


def recorded(app: ASGIApp) -> ASGIApp:
    """`app`, which finds a Recording in its state when a POST has the header."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") == HttpMethod.POST and (keys := _keys(scope)):
            await _record(app, scope, receive, Recording(keys, send))
        else:
            await app(scope, receive, send)

    return handler


async def first_answer(request: AnyRequest, caller: Caller) -> Response[bytes] | None:
    """What this request was answered when it came before; None when it has no key, is the first of
    it, or its route does without. Raises ValidationException, IdempotencyKeyReused, RequestInFlight, AnsweredOnce."""
    state = request.scope["state"]
    recording: Recording | None = state.get("recording")
    if recording is None or {STREAMS, KEPT_BY_USE_CASE} & request.route_handler.opt.keys():
        return None
    attempt = Attempt(
        owner=caller.user.id,
        route=request.scope["path_template"],
        key=_checked(recording.keys),
        fingerprint=await _fingerprint(request, caller),
        at=(await state["container"].get(Clock)).now(),
    )
    answer = await recording.begin(await state["container"].get(Replays), attempt)
    if answer is None:
        return None
    headers = {**answer.headers, "idempotency-replayed": "true"}
    return Response(answer.body or b"", status_code=answer.status, headers=headers)


def key_of(request: AnyRequest) -> str | None:
    """For a use case that keeps it. Raises ValidationException."""
    recording: Recording | None = request.scope["state"].get("recording")
    return _checked(recording.keys) if recording else None


class Recording:
    """Passes on what the app sends, and keeps it when it was the first of its key. It is kept before
    it is sent: whoever has the answer may ask again at once."""

    def __init__(self, keys: list[bytes], send: Send) -> None:
        self.keys, self._send = keys, send
        self._begun: tuple[Replays, Attempt] | None = None
        self._start: HTTPResponseStartEvent | None = None

    async def begin(self, replays: Replays, attempt: Attempt) -> Answer | None:
        answer = await replays.begin(attempt)
        if answer is None:
            self._begun = replays, attempt
        return answer

    async def send(self, message: Message) -> None:
        if self._begun and message["type"] == "http.response.start":
            self._start = message
            return
        if self._start and message["type"] == "http.response.body":
            start, self._start = self._start, None
            await self._settle(_answer(start, message))
            await self._send(start)
        await self._send(message)

    async def end(self) -> None:
        """What was begun and never answered is forgotten."""
        if self._begun:
            await self._settle(None)

    async def _settle(self, answer: Answer | None) -> None:
        if self._begun is None:
            return
        (replays, attempt), self._begun = self._begun, None
        with _unharmed():
            await (replays.keep(attempt, answer) if answer else replays.forget(attempt))


async def _record(app: ASGIApp, scope: Scope, receive: Receive, recording: Recording) -> None:
    scope["state"]["recording"] = recording
    try:
        await app(scope, receive, recording.send)
    finally:
        await recording.end()


@contextmanager
def _unharmed() -> Iterator[None]:
    """The answer goes out although it could not be kept; its key counts as in flight for a while."""
    try:
        yield
    except DomainError as error:
        structlog.get_logger().warning("answer_not_kept", reason=str(error))


def _keys(scope: Scope) -> list[bytes]:
    return [value for name, value in scope["headers"] if name == _RAW_NAME]


def _checked(keys: list[bytes]) -> str:
    if len(keys) == 1 and _KEY.fullmatch(keys[0]):
        return keys[0].decode()
    fault = {"key": _NAME, "message": "Expected one value of 1 to 255 printable ASCII characters"}
    raise ValidationException(extra=[fault])


async def _fingerprint(request: AnyRequest, caller: Caller) -> bytes:
    """The route is a template and the key is the user's: what the path names is part of it, and what
    the credential opens, or a narrow API key would be told what a session was answered."""
    scope = request.scope
    opened = ",".join(sorted(caller.actor.scopes))
    named = (opened.encode(), scope["path"].encode(), scope["query_string"])
    return sha256(b"\0".join([*named, await request.body()])).digest()


def _answer(start: HTTPResponseStartEvent, message: HTTPResponseBodyEvent) -> Answer | None:
    """None for what is not kept: it may be otherwise next time, or it streams."""
    status = start["status"]
    final = 200 <= status < 300 or (400 <= status < 500 and status not in _PASSING)
    if not final or message.get("more_body"):
        return None
    headers = {name.decode("latin-1").lower(): value for name, value in start["headers"]}
    if b"no-store" in headers.get("cache-control", b"") or "set-cookie" in headers:
        return Answer(status, {}, None)
    kept = {name: headers[name].decode("latin-1") for name in _KEPT_HEADERS & headers.keys()}
    return Answer(status, kept, message["body"])
