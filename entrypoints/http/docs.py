"""The API's documentation, with all its assets: nothing is fetched from elsewhere."""

from pathlib import Path
from typing import Any

from litestar import MediaType, Request, Response, Router, get
from litestar.config.compression import CompressionConfig
from litestar.datastructures import CacheControlHeader
from litestar.middleware import DefineMiddleware
from litestar.middleware.compression import CompressionMiddleware
from litestar.static_files import create_static_files_router

from entrypoints.http.document import document
from entrypoints.http.parameters import ANY_QUERY

ASSETS = Path(__file__).parent / "assets"
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; worker-src blob:; base-uri 'none'; frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Colonnade API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/favicon.ico" type="image/svg+xml">{style}</head>
<body style="margin: 0"><div id="docs"></div>{scripts}</body>
</html>
"""
_DAY = CacheControlHeader(max_age=24 * 60 * 60, public=True)


@get("/docs", media_type=MediaType.HTML, sync_to_thread=False)
def show_swagger() -> Response[str]:
    style = '<link rel="stylesheet" href="/docs/assets/swagger-ui.css">'
    return _page(style, "swagger-ui-bundle.js", "swagger.js")


@get("/redoc", media_type=MediaType.HTML, sync_to_thread=False)
def show_redoc() -> Response[str]:
    return _page("", "redoc.standalone.js", "redoc.js")


@get("/openapi.json", sync_to_thread=False)
def show_openapi(request: Request[Any, Any, Any]) -> dict[str, Any]:
    state = request.app.state
    if "openapi" not in state:
        state["openapi"] = document(request.app)
    made: dict[str, Any] = state["openapi"]
    return made


@get("/favicon.ico", sync_to_thread=False, cache_control=_DAY)
def show_icon() -> Response[bytes]:
    return Response((ASSETS / "icon.svg").read_bytes(), media_type="image/svg+xml")


def _page(style: str, *scripts: str) -> Response[str]:
    tags = "".join(f'<script src="/docs/assets/{name}"></script>' for name in scripts)
    headers = {"content-security-policy": _CSP}
    return Response(
        _PAGE.format(style=style, scripts=tags), media_type=MediaType.HTML, headers=headers
    )


router = Router(
    "/",
    route_handlers=[
        show_swagger,
        show_redoc,
        show_openapi,
        show_icon,
        create_static_files_router("/docs/assets", directories=[ASSETS], cache_control=_DAY),
    ],
    middleware=[DefineMiddleware(CompressionMiddleware, config=CompressionConfig("gzip"))],
    opt={ANY_QUERY: True},
    include_in_schema=False,
)
