"""dishka for Litestar, with a request's scope opened when a handler first asks for something.

dishka's own integration opens one for every request, before it knows whether the caller may come
in; here a request that is refused, or that needs nothing, pays nothing.
"""

from dataclasses import replace
from inspect import Parameter
from typing import Any

from dishka import AsyncContainer, Provider, Scope, from_context
from dishka.integrations.base import wrap_injection
from litestar import Request, Router
from litestar.handlers import HTTPRouteHandler
from litestar.routes import BaseRoute
from litestar.types import ControllerRouterHandler, HTTPScope

from application.identity.ports import Caller
from application.shared.actor import Actor, Client
from entrypoints.http.forwarded import client_address

type AnyRequest = Request[Any, Any, Any]

_REQUEST = Parameter("request", Parameter.KEYWORD_ONLY, annotation=Request)


class Injected(Router):
    """A router whose handlers get what they mark with `FromDishka`."""

    __slots__ = ()

    def register(self, value: ControllerRouterHandler) -> list[BaseRoute]:
        if isinstance(value, HTTPRouteHandler):
            _inject(value)
        return super().register(value)


class OfRequest(Provider):
    """Where the request comes from; and who is asking, as the secured routers found out: to ask
    for that on a public route is a mistake of ours, and fails."""

    scope = Scope.REQUEST
    caller = from_context(Caller)
    actor = from_context(Actor)
    client = from_context(Client)


async def close(scope: HTTPScope) -> None:
    """Close what the request opened, if it did."""
    if (opened := scope["state"].get("opened")) is not None:
        await opened.close()


def _inject(handler: HTTPRouteHandler) -> None:
    function: Any = handler.fn
    if hasattr(function, "__dishka_injected__"):  # one handler may stand in several routers
        return
    named = "request" in function.__annotations__
    handler._fn = wrap_injection(  # as dishka's own integration does it
        func=function,
        is_async=True,
        additional_params=[] if named else [_REQUEST],
        container_getter=_opened,
    )


def _opened(_: Any, given: dict[str, Any]) -> AsyncContainer:
    request: AnyRequest = given["request"]
    state = request.scope["state"]
    opened: AsyncContainer | None = state.get("opened")
    if opened is None:
        opened = state["opened"] = state["container"](_context(request), scope=Scope.REQUEST)
    return opened


def _context(request: AnyRequest) -> dict[Any, Any]:
    client = client_of(request)
    caller: Caller | None = request.scope["state"].get("caller")
    if caller is None:
        return {Client: client}
    actor = replace(caller.actor, request_id=client.request_id)
    return {Client: client, Caller: caller, Actor: actor}


def client_of(request: AnyRequest) -> Client:
    """Where a request comes from: what it says of itself is believed of our own proxies only."""
    state = request.scope["state"]
    address = client_address(request.scope, state["trusted_proxies"])
    agent = request.headers.get("user-agent")
    return Client(address, agent and agent[:500], state["request_id"])
