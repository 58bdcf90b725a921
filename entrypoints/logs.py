"""Everything that is logged, ours and the libraries', comes out as one kind of line on stderr."""

import asyncio
import logging
import logging.config
import sys
import time
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec
import structlog

from adapters.system import SystemClock
from entrypoints.settings import Environment, Settings

_QUIET = ("_granian", "granian.access", "alembic", "pgqueuer", "httpx", "httpcore", "asyncio")
# A pool without its database shows a trace a second: whoever asks is told 503, which is logged.
_SILENT = {"asyncpg.pool": {"level": "ERROR"}}
_REPEATED = ("opentelemetry", "langfuse")  # they complain of every batch, and of every retry
_SELDOM = 3600.0  # seconds in which a complaint of theirs is heard once
_GATHERED = 0.02  # seconds of request lines that are written together


class RequestLine(msgspec.Struct, frozen=True):
    """What is logged of a request. `route` is the template; `ms` until the answer was sent."""

    method: str
    route: str
    status: int
    ms: float
    user: UUID | None
    request_id: str
    event: str = "request"
    level: str = "info"
    timestamp: datetime = msgspec.field(default_factory=SystemClock().now)


class RequestLog(Protocol):
    def add(self, line: RequestLine) -> None: ...

    def flush(self) -> None: ...


def configure(settings: Settings) -> None:
    """JSON in production and where no terminal reads, colour in a terminal. Our own lines go
    straight to stderr: by way of `logging` a request's line cost as much as its answer."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: list[Any] = (
        [structlog.dev.ConsoleRenderer(pad_event_to=16)]
        if _for_people(settings)
        else [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_json),
        ]
    )
    logging.config.dictConfig(dictionary(settings, shared, renderer))
    structlog.configure(
        processors=[*shared, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(settings.verbosity.lower()),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def request_log(settings: Settings) -> RequestLog:
    """Where the lines of requests go: coloured like the rest in a terminal, else gathered."""
    return ReadableLines() if _for_people(settings) else GatheredLines(settings)


class ReadableLines:
    def __init__(self) -> None:
        self._log = structlog.get_logger("http")

    def add(self, line: RequestLine) -> None:
        shown = msgspec.structs.asdict(line)
        for given in ("timestamp", "level"):
            del shown[given]
        self._log.info(**shown | {"user": str(line.user) if line.user else None})

    def flush(self) -> None: ...


class GatheredLines:
    """Encoded as they are, and written once for all of 20 ms: structlog's processors cost ten
    times as much, and each write lets go of the interpreter lock, which in a busy event loop costs
    more to get back than the line."""

    def __init__(self, settings: Settings) -> None:
        self._wanted = logging.getLevelNamesMapping()[settings.verbosity] <= logging.INFO
        self._encode = msgspec.json.Encoder().encode
        self._lines: list[bytes] = []

    def add(self, line: RequestLine) -> None:
        if not self._wanted:
            return
        self._lines.append(self._encode(line))
        if len(self._lines) == 1:
            asyncio.get_running_loop().call_later(_GATHERED, self.flush)

    def flush(self) -> None:
        if self._lines:
            lines, self._lines = self._lines, []
            sys.stderr.buffer.write(b"\n".join([*lines, b""]))
            sys.stderr.buffer.flush()


class Seldom(logging.Filter):
    """Lets each place that libraries complain from be heard once in an hour, whatever it says: a
    system of observation that is dead is told of, and not for every answer."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[tuple[str, str | None, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(_REPEATED):
            return True
        place, now = (record.name, record.funcName, record.lineno), time.monotonic()
        if now < self._told.get(place, -_SELDOM) + _SELDOM:
            return False
        self._told[place] = now
        return True


def _for_people(settings: Settings) -> bool:
    return sys.stderr.isatty() and settings.environment is not Environment.PRODUCTION


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
        "filters": {"seldom": {"()": Seldom}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["seldom"],
            }
        },
        "root": {"level": settings.verbosity, "handlers": ["stderr"]},
        "loggers": {name: {"level": "WARNING"} for name in _QUIET} | _SILENT,
    }
