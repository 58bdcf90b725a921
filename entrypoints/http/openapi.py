"""What the OpenAPI document says beyond what the handlers' types say."""

from dataclasses import dataclass
from http import HTTPStatus

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType

from entrypoints.http.errors import Problem

PROBLEM = "application/problem+json"
_BODY = (400, 413, 415, 422)


def problems(*statuses: int, body: bool = False) -> dict[int, ResponseSpec]:
    """The failures of a route; those that any body may have come with `body`."""
    every = {*statuses, 500, 503, *(_BODY if body else ())}
    return {
        status: ResponseSpec(
            Problem, False, description=HTTPStatus(status).phrase, media_type=PROBLEM
        )
        for status in sorted(every)
    }


def _text(description: str, example: str) -> Schema:
    return Schema(type=OpenAPIType.STRING, description=description, examples=[example])


def _credentials(name: str) -> OpenAPIMediaType:
    return OpenAPIMediaType(
        schema=Schema(
            type=OpenAPIType.OBJECT,
            required=[name, "password"],
            properties={
                name: _text("The account's e-mail", "ada@example.org"),
                "password": _text("8 to 128 characters", "correct horse battery staple"),
            },
        )
    )


@dataclass
class LoginOperation(Operation):
    """Two media types for one body: the handler reads it itself, so it is described by hand."""

    def __post_init__(self) -> None:
        form = _credentials("username")
        content = {
            "application/json": _credentials("email"),
            "application/x-www-form-urlencoded": form,
        }
        self.request_body = RequestBody(content=content, required=True)


@dataclass
class FarewellOperation(Operation):
    """A DELETE whose body may be left out: the handler reads it itself."""

    def __post_init__(self) -> None:
        password = _text("The account's", "correct horse battery staple")
        schema = Schema(type=OpenAPIType.OBJECT, properties={"password": password})
        content = {"application/json": OpenAPIMediaType(schema=schema)}
        self.request_body = RequestBody(content=content, required=False)


@dataclass
class UploadOperation(Operation):
    """The form's file streams to storage, so the handler reads it itself."""

    def __post_init__(self) -> None:
        file = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        title = _text("What to call it, instead of by its file's name", "Services agreement")
        form = Schema(
            type=OpenAPIType.OBJECT,
            required=["file"],
            properties={"file": file, "title": title},
        )
        content = {"multipart/form-data": OpenAPIMediaType(schema=form)}
        self.request_body = RequestBody(content=content, required=True)
