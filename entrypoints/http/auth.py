from contextlib import suppress
from typing import Any

from dishka import AsyncContainer
from litestar import Request, Response
from litestar.enums import HttpMethod

from application.identity.ports import Caller, Callers
from application.shared.ports import Crypto
from domain.identity.session import SessionId
from domain.shared.errors import DomainError, Forbidden, Malformed, Unauthenticated
from entrypoints.http.cookies import CookieNames, check_csrf, cookie
from entrypoints.http.idempotency import first_answer
from entrypoints.http.metering import meter
from entrypoints.http.parameters import acceptable
from entrypoints.settings import Settings

type AnyRequest = Request[Any, Any, Any]

# The `opt` of routes that an API key opens, if it has their scope. Whatever is about credentials,
# sessions, consents or other people's accounts wants a session.
OPEN_TO_KEYS = "open_to_keys"


class TwoUsers(Malformed):
    """A header and a cookie that belong to different accounts."""


class SessionRequired(Forbidden):
    """Known by a key, where a person has to be."""


async def authenticated(request: AnyRequest) -> Response[bytes] | None:
    """What the secured routers ask before each request: before the body is read, which a
    dependency would be too late for, and at less cost than a guard. A handler of theirs that had a
    `before_request` of its own would replace it; a test looks that none has. What it returns is
    the answer: of a POST that comes again."""
    caller = await known(request)
    if caller is None:
        raise Unauthenticated("a bearer token or the session's cookie is needed")
    if caller.actor.session_id is None and OPEN_TO_KEYS not in request.route_handler.opt:
        raise SessionRequired("an API key does not open this: log in")
    await meter(request, caller)
    await acceptable(request)
    return None if request.method == HttpMethod.GET else await first_answer(request, caller)


async def known(request: AnyRequest) -> Caller | None:
    """Who is asking: by the header `Authorization`, else by the session's cookie, which needs a CSRF
    token with it to change anything. None for who does not say. Raises Unauthenticated, TwoUsers,
    CsrfFailed, AccountInactive."""
    token, has_cookies = _transports(request)
    caller = await caller_by_token(request, token) if token else None
    if has_cookies:
        caller = await _with_cookie(request, caller)
    if caller is not None:
        request.scope["state"]["caller"] = caller
    return caller


async def authenticated_if_told(request: AnyRequest) -> None:
    """What a public route asks that serves who is known otherwise: no token is fine, a bad one is
    not, and an old cookie is nobody's."""
    if request.headers.get("authorization"):
        await authenticated(request)
        return
    with suppress(Unauthenticated):
        await known(request)
    await acceptable(request)


def caller_of(request: AnyRequest) -> Caller:
    """Whoever `authenticated` let in."""
    caller: Caller = request.scope["state"]["caller"]
    return caller


async def _with_cookie(request: AnyRequest, by_header: Caller | None) -> Caller | None:
    container: AsyncContainer = request.scope["state"]["container"]
    settings = await container.get(Settings)
    token = cookie(request.scope, CookieNames.of(settings).access)
    if token is None:
        return by_header
    if by_header is not None:
        await _same_user(request, by_header, token)
        return by_header
    caller = await caller_by_token(request, token)
    if request.method != HttpMethod.GET and caller.actor.session_id is not None:
        session_id = SessionId(caller.actor.session_id)
        check_csrf(request, await container.get(Crypto), settings, session_id)
    return caller


async def _same_user(request: AnyRequest, by_header: Caller, token: str) -> None:
    try:
        by_cookie = await caller_by_token(request, token)
    except DomainError:
        return  # a cookie left from an old session: the header wins
    if by_cookie.user.id != by_header.user.id:
        raise TwoUsers("the header and the cookie belong to different users: send one of them")


async def caller_by_token(request: AnyRequest, token: str) -> Caller:
    """Raises Unauthenticated, AccountInactive."""
    container: AsyncContainer = request.scope["state"]["container"]
    callers: Callers = await container.get(Callers)
    return await callers.caller(token)


def _transports(request: AnyRequest) -> tuple[str, bool]:
    """The bearer token, and whether there are cookies to look at. Raises Unauthenticated for
    another kind of authorization."""
    token, has_cookies = "", False
    for name, value in request.scope["headers"]:
        if name == b"authorization":
            kind, _, token = value.decode("latin-1").partition(" ")
            if kind.lower() != "bearer" or not token:
                raise Unauthenticated("the header Authorization wants `Bearer <token>`")
        elif name == b"cookie":
            has_cookies = True
    return token, has_cookies
