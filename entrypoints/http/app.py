from typing import Any

from dishka import AsyncContainer
from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ASGIApp, Receive, Scope, Send

from domain.shared.errors import DomainError
from entrypoints.http import (
    analytics,
    completions,
    conversations,
    docs,
    document,
    files,
    health,
    identity,
    knowledge,
    models,
    problems,
    search,
)
from entrypoints.http.body import JsonRequest
from entrypoints.http.errors import (
    domain_problem,
    http_problem,
    recursion_problem,
    unexpected_problem,
    validation_problem,
)
from entrypoints.http.head import headed
from entrypoints.http.idempotency import recorded
from entrypoints.http.observe import Observed
from entrypoints.http.paging import any_paging, cursor_paging, page_request
from entrypoints.http.parameters import acceptable, learn_parameters
from entrypoints.logs import request_log
from entrypoints.settings import Environment, Settings

KIB = 1024
_EXPOSED = [
    "Accept-Ranges",
    "Content-Disposition",
    "Content-Range",
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Server-Timing",
    "X-Request-ID",
]


def create_app(container: AsyncContainer, settings: Settings) -> Litestar:
    """The whole HTTP interface over the use cases that `container` holds."""
    log = request_log(settings)
    app = Litestar(
        [
            *identity.ROUTERS,
            files.secured,
            knowledge.public,
            knowledge.secured,
            search.secured,
            conversations.secured,
            completions.secured,
            analytics.secured,
            models.secured,
            health.router,
            problems.router,
            *([docs.router] if settings.shows_docs else []),
        ],
        before_request=acceptable,
        dependencies={
            "page": Provide(page_request, sync_to_thread=False),
            "paging": Provide(any_paging, sync_to_thread=False),
            "cursor_paging": Provide(cursor_paging, sync_to_thread=False),
        },
        exception_handlers={
            DomainError: domain_problem,
            ValidationException: validation_problem,
            HTTPException: http_problem,
            RecursionError: recursion_problem,
            Exception: unexpected_problem,
        },
        cors_config=_cors(settings),
        openapi_config=None,  # document.py makes it
        request_class=JsonRequest,
        request_max_body_size=64 * KIB,
        on_shutdown=[container.close, log.flush],
        logging_config=None,
    )
    learn_parameters(app)
    secure = settings.environment is Environment.PRODUCTION
    app.asgi_handler = Observed(
        headed(recorded(_cross_origin(app.asgi_handler))),
        container,
        log,
        secure=secure,
        trusted_proxies=settings.trusted_proxies,
    )
    return app


def _cross_origin(cors: Any) -> ASGIApp:
    """Only what a browser sends from another origin has use for `cors`, the outermost handler."""
    plain: ASGIApp = cors.app

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        origin = any(name == b"origin" for name, _ in scope.get("headers", ()))
        await (cors if origin else plain)(scope, receive, send)

    return handler


def _cors(settings: Settings) -> CORSConfig:
    origins = list(settings.allowed_origins)
    credentials = "*" not in origins  # with both, any site could act as the user
    return CORSConfig(
        allow_origins=origins,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "X-CSRF-Token",
            "X-Request-ID",
        ],
        allow_credentials=credentials,
        expose_headers=_EXPOSED,
    )


def schema(app: Litestar) -> dict[str, Any]:
    """The OpenAPI document."""
    return document.document(app)
