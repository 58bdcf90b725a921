"""dishka for Litestar, with a request's scope opened when a handler first asks for something.

dishka's own integration opens one for every request, before it knows whether the caller may come
in; here a request that is refused, or that needs nothing, pays nothing.
"""

from inspect import Parameter
from typing import Any

from dishka import AsyncContainer, Provider, Scope, from_context
from dishka.integrations.base import wrap_injection
from litestar import Request, Router
from litestar.handlers import HTTPRouteHandler
from litestar.routes import BaseRoute
from litestar.types import ControllerRouterHandler, HTTPScope

from application.identity.ports import Caller
from application.shared.actor import Actor

_REQUEST = Parameter("request", Parameter.KEYWORD_ONLY, annotation=Request)


class Injected(Router):
    """A router whose handlers get what they mark with `FromDishka`."""

    __slots__ = ()

    def register(self, value: ControllerRouterHandler) -> list[BaseRoute]:
        if isinstance(value, HTTPRouteHandler):
            _inject(value)
        return super().register(value)


class OfRequest(Provider):
    """Who is asking, as the secured routers found out. To ask for it on a public route is a
    mistake of ours, and fails."""

    scope = Scope.REQUEST
    caller = from_context(Caller)
    actor = from_context(Actor)


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
    state = given["request"].scope["state"]
    opened: AsyncContainer | None = state.get("opened")
    if opened is None:
        opened = state["opened"] = state["container"](_context(state), scope=Scope.REQUEST)
    return opened


def _context(state: dict[str, Any]) -> dict[Any, Any]:
    caller: Caller | None = state.get("caller")
    return {Caller: caller, Actor: caller.actor} if caller else {}
