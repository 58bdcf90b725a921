"""The API's documentation is complete: whoever adds a route is told here what it still lacks."""

import ast
import re
from collections.abc import Iterator
from http import HTTPStatus
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from domain.shared.errors import DomainError
from entrypoints.container import in_memory
from entrypoints.http.app import create_app
from entrypoints.http.auth import authenticated
from entrypoints.http.document import TAGS
from entrypoints.http.errors import status_of
from entrypoints.http.inject import OfRequest
from entrypoints.http.openapi import PROBLEM
from entrypoints.http.reference import EXAMPLES, PROBLEMS
from entrypoints.http.reference.parameters import PARAMETERS
from entrypoints.openapi import document
from entrypoints.settings import Settings

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "docs" / "api" / "openapi.json"
LAYERS = ("domain", "application", "adapters", "entrypoints")
DOCUMENT: dict[str, Any] = msgspec.json.decode(document())
OPERATIONS = {
    operation["operationId"]: operation
    for path in DOCUMENT["paths"].values()
    for operation in path.values()
}
every_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


def resolved(value: dict[str, Any]) -> dict[str, Any]:
    """`value`, or what it refers to."""
    if "$ref" not in value:
        return value
    _, section, kind, name = value["$ref"].split("/")
    found: dict[str, Any] = DOCUMENT[section][kind][name]
    return found


def answers(operation: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    for status, answer in operation["responses"].items():
        yield int(status), resolved(answer)


def shown(media: dict[str, Any]) -> list[Any]:
    """The examples of a body."""
    examples = [resolved(one)["value"] for one in media.get("examples", {}).values()]
    return [media["example"], *examples] if "example" in media else examples


def test_the_kept_openapi_document_is_that_of_the_code() -> None:
    assert KEPT.read_text() == document(), "`make openapi` writes it anew"


def test_the_document_is_one() -> None:
    validate(DOCUMENT)


def test_every_path_has_an_operation_of_its_own() -> None:
    assert len(OPERATIONS) == sum(len(path) for path in DOCUMENT["paths"].values())
    assert all(re.fullmatch("[a-z_]+", name) for name in OPERATIONS)


def test_no_name_of_ours_leaks_a_module() -> None:
    assert all(re.fullmatch(r"\w+", name) for name in DOCUMENT["components"]["schemas"])


@every_operation
def test_an_operation_says_what_it_is_for(operation: dict[str, Any]) -> None:
    assert operation.get("description"), "the handler wants a docstring"
    assert set(operation["tags"]) <= set(TAGS), "the tag wants a description in document.py"


def test_every_handler_has_a_summary_of_its_own() -> None:
    silent = [h.handler_name for h in handlers() if h.resolve_include_in_schema() and not h.summary]
    assert not silent, "Litestar would make one of the function's name"


@every_operation
def test_a_body_has_an_example(operation: dict[str, Any]) -> None:
    for media in operation.get("requestBody", {}).get("content", {}).values():
        assert shown(media), "its command wants a value in EXAMPLES of entrypoints/http/reference"


@every_operation
def test_a_success_has_an_example(operation: dict[str, Any]) -> None:
    successes = [answer for status, answer in answers(operation) if status < 400]
    assert successes
    for answer in successes:
        if media := answer.get("content", {}).get("application/json"):
            assert shown(media), "its view wants a value in EXAMPLES of entrypoints/http/reference"


@every_operation
def test_a_parameter_is_explained(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        assert parameter["name"] in PARAMETERS, "it wants an entry in reference/parameters.py"
        assert parameter["description"]
        schema = parameter["schema"] | {"components": DOCUMENT["components"]}
        assert OAS31Validator(schema).is_valid(parameter["example"])


@every_operation
def test_an_operation_tells_how_it_can_fail(operation: dict[str, Any]) -> None:
    told = {status for status, _ in answers(operation) if status >= 400}
    expected = {500}
    if "security" in operation:
        expected |= {401, 403, 503}
    if "requestBody" in operation:
        expected |= {400, 413, 415, 422}
    for parameter in operation.get("parameters", []):
        expected.add(404 if parameter["in"] == "path" else 422)
    assert expected <= told, "the handler's `responses=problems(…)` lacks some"


@every_operation
def test_every_failure_is_a_problem_with_examples(operation: dict[str, Any]) -> None:
    for status, answer in answers(operation):
        if status >= 400:
            examples = shown(answer["content"][PROBLEM])
            assert examples
            assert {one["status"] for one in examples} == {status}


@every_operation
def test_examples_are_what_the_schemas_say(operation: dict[str, Any]) -> None:
    bodies = [operation.get("requestBody", {}), *(answer for _, answer in answers(operation))]
    for media in (media for body in bodies for media in body.get("content", {}).values()):
        schema = media["schema"] | {"components": DOCUMENT["components"]}
        for example in shown(media):
            OAS31Validator(schema).validate(example)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_can_be_sent_and_read(name: str) -> None:
    example = EXAMPLES[name]
    assert msgspec.json.decode(msgspec.json.encode(example), type=type(example)) == example


def test_who_needs_a_token_is_who_says_so() -> None:
    for handler in handlers():
        guarded = handler.resolve_before_request() is authenticated
        assert guarded == bool(handler.resolve_security()), handler.handler_name


def test_every_error_of_ours_is_explained() -> None:
    for kind in errors():
        code = code_of(kind)
        assert code in PROBLEMS, f"{code} wants a line in PROBLEMS of entrypoints/http/reference"
        assert PROBLEMS[code].status == status_of(kind)


def test_every_explained_problem_can_happen() -> None:
    """Those of Litestar are named in errors.py, or as their status is."""
    ours = {code_of(kind) for kind in errors()}
    theirs = {"bad_request", "method_not_allowed", "unsupported_media_type", "internal"}
    assert set(PROBLEMS) == ours | theirs


@pytest.mark.parametrize("code", PROBLEMS)
def test_a_problem_is_explained_in_words(code: str) -> None:
    kind = PROBLEMS[code]
    assert kind.type == f"/problems/{code}"
    assert HTTPStatus(kind.status).is_client_error or HTTPStatus(kind.status).is_server_error
    assert kind.explanation.endswith(".")
    assert not kind.title.endswith(".")


def code_of(kind: type[DomainError]) -> str:
    return kind.__new__(kind).code  # which is of the class: how one is made does not matter


def errors() -> set[type[DomainError]]:
    """Every kind of DomainError that stands in the source, wherever it does."""
    for path in (path for layer in LAYERS for path in (ROOT / layer).rglob("*.py")):
        classes = [n for n in ast.parse(path.read_text()).body if isinstance(n, ast.ClassDef)]
        if any(one.bases for one in classes):
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    found, new = set[type[DomainError]](), {DomainError}
    while new := {sub for kind in new for sub in kind.__subclasses__()}:
        found |= new
    return found


def app() -> Litestar:
    settings = Settings()
    return create_app(in_memory(settings, OfRequest()), settings)


def handlers() -> list[HTTPRouteHandler]:
    return [
        handler
        for route in app().routes
        for handler in getattr(route, "route_handlers", [])
        if isinstance(handler, HTTPRouteHandler) and "OPTIONS" not in handler.http_methods
    ]
