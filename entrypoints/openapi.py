import msgspec

from entrypoints.container import in_memory
from entrypoints.http.app import create_app, schema
from entrypoints.http.inject import OfRequest
from entrypoints.settings import Settings


def document() -> str:
    """The OpenAPI document, as it is kept in docs/api/openapi.json."""
    settings = Settings()
    container = in_memory(settings, OfRequest())
    body = msgspec.json.encode(schema(create_app(container, settings)), order="deterministic")
    return msgspec.json.format(body, indent=2).decode() + "\n"
