"""Every failure as RFC 9457 problem+json."""

import re
from http import HTTPStatus
from math import ceil
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from msgspec import Struct

from application.shared.text import NO_NUL
from domain.files.ranges import RangeNotSatisfiable
from domain.shared.errors import (
    Busy,
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from entrypoints.http.reference import PROBLEMS

STATUS: dict[type[DomainError], HTTPStatus] = {
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    Malformed: HTTPStatus.BAD_REQUEST,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    RangeNotSatisfiable: HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    Unsupported: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Forbidden: HTTPStatus.FORBIDDEN,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Busy: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
_CODES = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large"}
_PHRASES = {*(status.phrase for status in HTTPStatus), "Request Entity Too Large"}
_AT = re.compile(r"(?P<detail>.*?) - at `\$\.?(?P<path>.*)`", re.DOTALL)
_FIELD = re.compile(r"Object (?:contains (unknown)|(missing) required) field `(.*)`", re.DOTALL)
_ABSENT = re.compile(r"Missing required \w+ parameter '(.*)' for path")
_NO_NUL = f"matching regex {NO_NUL!r}"  # how msgspec says it

type AnyRequest = Request[Any, Any, Any]


class Fault(Struct, frozen=True):
    """What is wrong with one value: `pointer` (RFC 6901) finds it in the body, or names the
    parameter. `code` is `unknown` for one that there is not, `missing` for one that is needed,
    the problem's own where there is one, else `invalid`."""

    pointer: str
    code: str
    detail: str


class Problem(Struct, frozen=True, omit_defaults=True):
    """RFC 9457. Clients switch on `code`; `request_id` finds the line in the log."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[Fault] = []


def status_of(kind: type[DomainError]) -> HTTPStatus:
    return next(STATUS[base] for base in kind.__mro__ if base in STATUS)


def domain_problem(request: AnyRequest, error: DomainError) -> Response[Problem]:
    status = status_of(type(error))
    headers = {}
    if isinstance(error, Busy):
        headers["retry-after"] = str(max(1, ceil(error.retry_after.total_seconds())))
    if isinstance(error, RangeNotSatisfiable):
        headers["content-range"] = f"bytes */{error.size}"
    if status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    detail = str(error) or status.phrase
    faults = [Fault(f"/{name}", error.code, detail) for name in _fields(request, error)]
    return answer(request, status, error.code, detail, errors=faults, headers=headers)


def _fields(request: AnyRequest, error: DomainError) -> list[str]:
    """Which of the body's the error is about."""
    if not isinstance(error, Invalid) or not error.fields:
        return []
    body = request.route_handler.parsed_data_field
    asked = getattr(body.annotation, "__struct_fields__", ()) if body else ()
    return [name for name in error.fields if name in asked]


def validation_problem(request: AnyRequest, error: ValidationException) -> Response[Problem]:
    """A bad value is 422; Litestar would say 400, as it does for bad JSON."""
    found = [item for item in error.extra or [] if isinstance(item, dict)]
    faults = [_fault(item) for item in found]
    if absent := _ABSENT.match(error.detail):
        faults.append(Fault(f"/{absent[1]}", "missing", "this parameter is needed"))
    detail = "; ".join(f"{f.pointer}: {f.detail}" if f.pointer else f.detail for f in faults)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return answer(request, status, "invalid", detail or error.detail, errors=faults)


def http_problem(request: AnyRequest, error: HTTPException) -> Response[Problem]:
    """What Litestar found; where it only repeats the status, the reference says it better."""
    status = HTTPStatus(error.status_code)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return unexpected_problem(request, error)
    code = _CODES.get(status, status.phrase.lower().replace(" ", "_"))
    headers = {k: _with_head(v) for k, v in (error.headers or {}).items() if k.lower() == "allow"}
    bare = error.detail in _PHRASES and code in PROBLEMS
    detail = PROBLEMS[code].detail if bare else error.detail
    return answer(request, status, code, detail, headers=headers)


def _with_head(allowed: str) -> str:
    """What answers GET answers HEAD: head.py, which Litestar does not know of."""
    return re.sub(r"\bGET\b", "GET, HEAD", allowed)


def recursion_problem(request: AnyRequest, error: RecursionError) -> Response[Problem]:
    """JSON that nests thousands of levels is the sender's fault; any other recursion is ours."""
    if "deserializing" not in str(error):
        return unexpected_problem(request, error)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return answer(request, status, "invalid", "the JSON is nested too deeply")


def unexpected_problem(request: AnyRequest, error: Exception) -> Response[Problem]:
    """Our own fault: the trace goes to the log, never to the client."""
    structlog.get_logger().error("unexpected_error", exc_info=error, request_id=_id(request))
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return answer(request, status, "internal", "something went wrong on our side")


def answer(
    request: AnyRequest,
    status: HTTPStatus,
    code: str,
    detail: str,
    *,
    errors: list[Fault] | None = None,
    headers: dict[str, str] | None = None,
) -> Response[Problem]:
    title = PROBLEMS[code].title if code in PROBLEMS else status.phrase
    body = Problem(f"/problems/{code}", title, status, detail, code, _id(request), errors or [])
    return Response(
        body, status_code=status, headers=headers, media_type="application/problem+json"
    )


def _id(request: AnyRequest) -> str:
    return str(request.scope["state"].get("request_id", ""))


def _fault(item: dict[str, Any]) -> Fault:
    message, key = str(item.get("message", "")), str(item.get("key", ""))
    if message == "'data'":  # so does Litestar say that there is no body
        return Fault("", "missing", "a body is needed")
    if found := _AT.fullmatch(message):
        message, key = found["detail"], found["path"]
    message = message.replace(_NO_NUL, "without NUL (U+0000)")
    key = key.partition("[...]")[0]  # msgspec does not say which value of a dict it is
    parts = [] if key in ("", "data") else key.replace("[", ".").replace("]", "").split(".")
    code = str(item.get("code", "invalid"))
    if field := _FIELD.fullmatch(message):
        code = field[1] or field[2]
        parts.append(field[3])
    return Fault("".join(f"/{_escaped(part)}" for part in parts), code, message)


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")
