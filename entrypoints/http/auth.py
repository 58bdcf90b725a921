from typing import Any

from dishka import AsyncContainer
from litestar import Request
from litestar.enums import HttpMethod
from litestar.types import HTTPScope

from application.identity.ports import Caller, Callers
from domain.shared.errors import Unauthenticated
from entrypoints.http.body import declared_json


async def authenticated(request: Request[Any, Any, Any]) -> None:
    """What the secured routers ask before each request: before the body is read, which a
    dependency would be too late for, and at less cost than a guard. A handler of theirs that had a
    `before_request` of its own would replace it; a test looks that none has."""
    kind, _space, token = _authorization(request.scope).partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Unauthenticated("a bearer token is needed")
    state = request.scope["state"]
    container: AsyncContainer = state["container"]
    state["caller"] = await (await container.get(Callers)).caller(token)
    if request.method != HttpMethod.GET:
        await declared_json(request)


async def authenticated_if_told(request: Request[Any, Any, Any]) -> None:
    """What a public route asks that serves who is known otherwise: no token is fine, a bad one is
    not."""
    if _authorization(request.scope):
        await authenticated(request)


def caller_of(request: Request[Any, Any, Any]) -> Caller:
    """Whoever `authenticated` let in."""
    caller: Caller = request.scope["state"]["caller"]
    return caller


def _authorization(scope: HTTPScope) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            return value.decode("latin-1")
    return ""
