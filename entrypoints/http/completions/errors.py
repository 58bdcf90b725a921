"""Failures as OpenAI's clients know them."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from litestar import Request, Response
from msgspec import Struct

from entrypoints.http.errors import Problem

type AnyRequest = Request[Any, Any, Any]

# What its clients switch on, where it is not what we call it.
_CODES = {"unauthenticated": "invalid_api_key", "model_not_allowed": "model_not_found"}
_STATUSES = {
    "invalid": HTTPStatus.BAD_REQUEST,
    "model_not_allowed": HTTPStatus.NOT_FOUND,
    "no_question": HTTPStatus.BAD_REQUEST,
}


class Failure(Struct, frozen=True):
    message: str
    type: str
    code: str
    param: str | None = None


class Failed(Struct, frozen=True):
    error: Failure


def failed(code: str, detail: str, status: int) -> Failed:
    return Failed(Failure(detail, _type(status), _CODES.get(code, code)))


def in_openais_shape[E: Exception](
    handle: Callable[[AnyRequest, E], Response[Problem]],
) -> Callable[[AnyRequest, E], Response[Failed]]:
    def handler(request: AnyRequest, error: E) -> Response[Failed]:
        answer = handle(request, error)
        problem = answer.content
        status = _STATUSES.get(problem.code, problem.status)
        body = failed(problem.code, problem.detail, status)
        return Response(body, status_code=status, headers=dict(answer.headers))

    return handler


def _type(status: int) -> str:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "rate_limit_error"
    return "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
