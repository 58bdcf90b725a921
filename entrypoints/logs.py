"""Everything that is logged, ours and the libraries', comes out as one kind of line on stderr."""

import logging
import logging.config
import sys
from typing import Any

import msgspec
import structlog

from entrypoints.settings import Environment, Settings

_QUIET = ("_granian", "granian.access", "alembic", "pgqueuer", "httpx", "httpcore", "asyncio")


def configure(settings: Settings) -> None:
    """JSON in production and where no terminal reads, colour in a terminal. Our own lines go
    straight to stderr: by way of `logging` a request's line cost as much as its answer."""
    terminal = sys.stderr.isatty() and settings.environment is not Environment.PRODUCTION
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: list[Any] = (
        [structlog.dev.ConsoleRenderer(pad_event_to=16)]
        if terminal
        else [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_json),
        ]
    )
    logging.config.dictConfig(dictionary(settings, shared, renderer))
    structlog.configure(
        processors=[*shared, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level.lower()),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _json(line: dict[str, Any], **_: Any) -> str:
    return msgspec.json.encode(line, enc_hook=repr).decode()


def dictionary(settings: Settings, shared: list[Any], renderer: list[Any]) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *renderer,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"level": settings.log_level, "handlers": ["stderr"]},
        "loggers": {name: {"level": "WARNING"} for name in _QUIET},
    }
