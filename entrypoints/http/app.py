from typing import Any
from uuid import UUID

from dishka import AsyncContainer
from dishka.integrations.litestar import DishkaRouter, setup_dishka
from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.params import FromQuery

from application.shared.page import PageRequest, PageSize
from domain.shared.errors import DomainError
from entrypoints.http import conversations, docs, document, health, identity, knowledge, problems
from entrypoints.http.body import converted, declared_json
from entrypoints.http.errors import (
    domain_problem,
    http_problem,
    unexpected_problem,
    validation_problem,
)
from entrypoints.http.observe import Observed
from entrypoints.settings import Environment, Settings

KIB = 1024
_EXPOSED = ["Location", "Retry-After", "X-Request-ID", "Server-Timing"]


def page_request(
    size: FromQuery[PageSize] = 20, after: FromQuery[UUID | None] = None
) -> PageRequest:
    return converted({"size": size, "after": after}, PageRequest)


def create_app(container: AsyncContainer, settings: Settings) -> Litestar:
    """The whole HTTP interface over the use cases that `container` holds."""
    app = Litestar(
        [
            identity.public,
            identity.secured,
            DishkaRouter("/", route_handlers=[identity.show_keys], include_in_schema=False),
            knowledge.secured,
            conversations.secured,
            health.router,
            problems.router,
            *([docs.router] if settings.shows_docs else []),
        ],
        before_request=declared_json,
        dependencies={"page": Provide(page_request, sync_to_thread=False)},
        exception_handlers={
            DomainError: domain_problem,
            ValidationException: validation_problem,
            HTTPException: http_problem,
            Exception: unexpected_problem,
        },
        cors_config=_cors(settings),
        openapi_config=None,  # document.py makes it
        request_max_body_size=64 * KIB,
        on_shutdown=[container.close],
        logging_config=None,
    )
    setup_dishka(container, app)
    secure = settings.environment is Environment.PRODUCTION
    app.asgi_handler = Observed(app.asgi_handler, secure=secure)
    return app


def _cors(settings: Settings) -> CORSConfig:
    origins = list(settings.allowed_origins)
    credentials = "*" not in origins  # with both, any site could act as the user
    return CORSConfig(
        allow_origins=origins,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-ID"],
        allow_credentials=credentials,
        expose_headers=_EXPOSED,
    )


def schema(app: Litestar) -> dict[str, Any]:
    """The OpenAPI document."""
    return document.document(app)
