import msgspec
from dishka import make_async_container
from dishka.integrations.litestar import LitestarProvider

from entrypoints.container import Memory, System, UseCases
from entrypoints.http.app import create_app, schema
from entrypoints.http.auth import HttpCaller
from entrypoints.settings import Settings


def document() -> str:
    """The OpenAPI document, as it is kept in docs/api/openapi.json."""
    settings = Settings()
    container = make_async_container(
        System(settings), Memory(), UseCases(), LitestarProvider(), HttpCaller()
    )
    body = msgspec.json.encode(schema(create_app(container, settings)), order="deterministic")
    return msgspec.json.format(body, indent=2).decode() + "\n"
