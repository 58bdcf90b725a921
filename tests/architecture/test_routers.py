"""Who may come in is decided in one place: a handler cannot leave it by accident."""

from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from entrypoints.container import in_memory
from entrypoints.http.app import create_app
from entrypoints.http.auth import authenticated
from entrypoints.http.inject import OfRequest
from entrypoints.settings import Settings


def handlers() -> list[HTTPRouteHandler]:
    settings = Settings()
    app = create_app(in_memory(settings, OfRequest()), settings)
    return [h for route in app.routes if isinstance(route, HTTPRoute) for h in route.route_handlers]


def test_what_the_document_calls_secured_asks_who_comes_and_nothing_else_does() -> None:
    secured = {h.handler_name for h in handlers() if h.resolve_security()}
    asking = {h.handler_name for h in handlers() if h.resolve_before_request() is authenticated}
    assert secured
    assert asking == secured
