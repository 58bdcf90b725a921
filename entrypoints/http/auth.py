from typing import Any

from dishka import AsyncContainer, Provider, Scope, provide
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from application.identity.ports import Caller, Callers
from application.shared.actor import Actor
from domain.shared.errors import Unauthenticated


async def authenticated(
    connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
) -> None:
    """The guard of the secured router. Guards run before the body is read, dependencies after."""
    kind, _space, token = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Unauthenticated("a bearer token is needed")
    state = connection.scope["state"]
    container: AsyncContainer = state["dishka_container"]
    caller = await (await container.get(Callers)).caller(token)
    state["caller"], state["actor"] = caller, caller.actor


class HttpCaller(Provider):
    """Hands out what the guard found; asking for it on a public route is a mistake of ours."""

    scope = Scope.REQUEST

    @provide
    def caller(self, request: Request) -> Caller:  # type: ignore[type-arg]
        caller: Caller = request.scope["state"]["caller"]
        return caller

    @provide
    def actor(self, caller: Caller) -> Actor:
        return caller.actor
