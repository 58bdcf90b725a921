"""A parameter that a route does not know is refused: misspelt, it would change nothing, unseen."""

from typing import Any

from litestar import HttpMethod, Litestar, Request
from litestar.exceptions import ValidationException
from litestar.routes import HTTPRoute

from entrypoints.http.body import declared_json

ANY_QUERY = "any_query"  # the `opt` of routes that take what they do not know
_KNOWN = "known_parameters"


def learn_parameters(app: Litestar) -> None:
    """Which of a query each route knows, itself and by its dependencies."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, model) in route.route_handler_map.items():
                if method != HttpMethod.OPTIONS and ANY_QUERY not in handler.opt:
                    handler.opt[_KNOWN] = {one.field_alias for one in model.expected_query_params}


async def acceptable(request: Request[Any, Any, Any]) -> None:
    """What every route asks before it begins: known parameters, a body that is declared."""
    known: set[str] | None = request.route_handler.opt.get(_KNOWN)
    if known is not None and request.scope["query_string"]:
        _check(request, known)
    await declared_json(request)


def _check(request: Request[Any, Any, Any], known: set[str]) -> None:
    takes = ", ".join(sorted(known)) or "none"
    faults = [
        {"key": name, "code": "unknown", "message": f"there is no {name!r}; known here: {takes}"}
        for name in request.query_params
        if name not in known
    ]
    if faults:
        raise ValidationException(extra=faults)
