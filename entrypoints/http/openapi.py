"""What a route's document says beyond what its handler's types say."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import (
    Example,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    RequestBody,
    Schema,
)
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType

from entrypoints.http.errors import Fault, Problem
from entrypoints.http.reference import EXAMPLES, PROBLEMS
from entrypoints.http.reference.problem import ProblemType
from entrypoints.http.reference.shared import REQUEST_ID

PROBLEM = "application/problem+json"
_BODY = (400, 413, 415, 422)
_GENERAL = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "busy",
    500: "internal",
    503: "unavailable",
}


def problems(*failures: int | str, body: bool = False) -> dict[int, ResponseSpec]:
    """The failures of a route: a status, whose general code it then is, or codes of its own as
    `email_taken`. Those that any body may have come with `body`, those of any query always."""
    by_status: defaultdict[int, list[str]] = defaultdict(list)
    for failure in (*failures, *(_BODY if body else ()), 422, 500, 503):
        code = _GENERAL[failure] if isinstance(failure, int) else failure
        by_status[PROBLEMS[code].status].append(code)
    if 401 in failures:  # a good token of an account that was deactivated
        by_status[403].append("account_inactive")
    return {status: _problem(status, by_status[status]) for status in sorted(by_status)}


def answers(status: int, kind: Any, description: str) -> dict[int, ResponseSpec]:
    """A success that is not the one that the handler's type tells of."""
    return {status: ResponseSpec(kind, False, description)}


def illustrated(codes: Iterable[str]) -> dict[str, Any]:
    """An example of each problem, by its code."""
    return {
        code: {"summary": PROBLEMS[code].title, "value": _example(PROBLEMS[code])} for code in codes
    }


def _problem(status: int, codes: list[str]) -> ResponseSpec:
    shown = illustrated(sorted(codes))
    examples = [Example(id=code, **one) for code, one in shown.items()]
    phrase = HTTPStatus(status).phrase
    return ResponseSpec(Problem, False, phrase, media_type=PROBLEM, examples=examples)


def _example(kind: ProblemType) -> Any:
    faults = []
    if kind.code == "invalid":
        pointer, detail = kind.detail.split(": ", 1)
        faults = [Fault(pointer, "invalid", detail)]
    problem = Problem(
        kind.type, kind.title, kind.status, kind.detail, kind.code, REQUEST_ID, faults
    )
    return msgspec.to_builtins(problem)


def _text(description: str, example: str) -> Schema:
    return Schema(type=OpenAPIType.STRING, description=description, examples=[example])


def _only_file(example: str) -> RequestBody:
    file = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
    form = Schema(type=OpenAPIType.OBJECT, required=["file"], properties={"file": file})
    media = OpenAPIMediaType(schema=form, example={"file": example})
    return RequestBody(content={"multipart/form-data": media}, required=True)


def _credentials(name: str) -> OpenAPIMediaType:
    example = {name: "ada@example.org", "password": "correct horse battery staple"}
    properties = {
        name: _text("The account's e-mail", example[name]),
        "password": _text("8 to 128 characters", example["password"]),
        "device_name": _text("What to call the session", "Ada's laptop"),
    }
    schema = Schema(
        type=OpenAPIType.OBJECT, required=[name, "password"], properties=dict(properties)
    )
    return OpenAPIMediaType(schema=schema, example=example)


@dataclass
class LoginOperation(Operation):
    """Two media types for one body: the handler reads it itself, so it is described by hand."""

    def __post_init__(self) -> None:
        content = {
            "application/json": _credentials("email"),
            "application/x-www-form-urlencoded": _credentials("username"),
        }
        self.request_body = RequestBody(content=content, required=True)


@dataclass
class RefreshOperation(Operation):
    """A browser sends none: its refresh token is in a cookie."""

    def __post_init__(self) -> None:
        example = msgspec.to_builtins(EXAMPLES["Refresh"])
        schema = Schema(
            type=OpenAPIType.OBJECT,
            required=["refresh_token"],
            properties={"refresh_token": Schema(type=OpenAPIType.STRING)},
        )
        media = OpenAPIMediaType(schema=schema, example=example)
        self.request_body = RequestBody(content={"application/json": media}, required=False)


@dataclass
class FarewellOperation(Operation):
    """A DELETE whose body may be left out: the handler reads it itself."""

    def __post_init__(self) -> None:
        example = {"password": "correct horse battery staple"}
        password = _text("The account's", example["password"])
        schema = Schema(type=OpenAPIType.OBJECT, properties={"password": password})
        content = {"application/json": OpenAPIMediaType(schema=schema, example=example)}
        self.request_body = RequestBody(content=content, required=False)


@dataclass
class UploadOperation(Operation):
    """The form's file streams to storage, so the handler reads it itself."""

    def __post_init__(self) -> None:
        file = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        title = _text("What to call it, instead of by its file's name", "Services agreement")
        properties = {
            "file": file,
            "title": title,
            "category": _text("One of those that `PATCH` takes", "contract"),
            "jurisdiction": _text("A code of ISO 3166, or the name of a court", "GB-ENG"),
            "practice_area": _text("In your own words", "commercial"),
            "keywords": _text("With commas in between, or a field for each", "payment, services"),
        }
        form = Schema(type=OpenAPIType.OBJECT, required=["file"], properties=dict(properties))
        example = {"file": "@services-agreement.pdf", "title": "Services agreement"}
        content = {"multipart/form-data": OpenAPIMediaType(schema=form, example=example)}
        self.request_body = RequestBody(content=content, required=True)


@dataclass
class AvatarOperation(Operation):
    """As an upload, with nothing but the file."""

    def __post_init__(self) -> None:
        self.request_body = _only_file("@picture.png")


@dataclass
class VersionOperation(Operation):
    """The same, of a document."""

    def __post_init__(self) -> None:
        self.request_body = _only_file("@services-agreement.pdf")


@dataclass
class StreamOperation(Operation):
    """The answer is server-sent events, whose `data` is JSON."""

    def __post_init__(self) -> None:
        media = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))
        events = OpenAPIResponse(
            description="Events until the last one", content={"text/event-stream": media}
        )
        self.responses = {**(self.responses or {}), "200": events}


@dataclass
class DownloadOperation(Operation):
    """The answer is bytes of any kind."""

    def __post_init__(self) -> None:
        binary = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        content = {"application/octet-stream": OpenAPIMediaType(schema=binary)}
        file = OpenAPIResponse(description="The file, with its own `Content-Type`", content=content)
        part = OpenAPIResponse(description="The part that `Range` names", content=content)
        known = OpenAPIResponse(description="`If-None-Match` names the file: the client has it")
        more = {"200": file, "206": part, "304": known}
        self.responses = {**(self.responses or {}), **more}
