"""The API's documentation, with all its assets: nothing is fetched from elsewhere."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from litestar import MediaType, Request, Response, Router, get
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.static_files import create_static_files_router

ASSETS = Path(__file__).parent / "assets"
NONE: Sequence[OpenAPIRenderPlugin] = ()
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; worker-src blob:; base-uri 'none'; frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Colonnade API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">{style}</head>
<body><div id="docs"></div>{scripts}</body>
</html>
"""


@get("/docs", media_type=MediaType.HTML, sync_to_thread=False)
def show_swagger() -> Response[str]:
    style = '<link rel="stylesheet" href="/docs/assets/swagger-ui.css">'
    return _page(style, "swagger-ui-bundle.js", "swagger.js")


@get("/redoc", media_type=MediaType.HTML, sync_to_thread=False)
def show_redoc() -> Response[str]:
    return _page("", "redoc.standalone.js", "redoc.js")


@get("/openapi.json", sync_to_thread=False)
def show_openapi(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return request.app.openapi_schema.to_schema()


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
        create_static_files_router("/docs/assets", directories=[ASSETS]),
    ],
    include_in_schema=False,
)
