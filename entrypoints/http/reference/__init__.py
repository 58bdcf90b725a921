"""What the API's documentation shows: an example of every view and command, every problem, every
parameter. A context has a module here; a new view wants one value in its `EXAMPLES`, a new error
one line in its `PROBLEMS`. tests/architecture/test_openapi.py says what is missing."""

from typing import Any

from msgspec import Struct

from application.shared.page import NumberedPage, Page
from entrypoints.http.reference import (
    administration,
    analytics,
    conversations,
    credentials,
    files,
    identity,
    identity_oauth,
    knowledge,
    models,
    operations,
    shared,
)
from entrypoints.http.reference.problem import ProblemType

_MODULES: tuple[Any, ...] = (
    shared,
    identity,
    credentials,
    administration,
    identity_oauth,
    files,
    knowledge,
    conversations,
    analytics,
    models,
    operations,
)

PROBLEMS: dict[str, ProblemType] = {
    one.code: one
    for one in sorted(
        (problem for module in _MODULES for problem in module.PROBLEMS), key=lambda one: one.status
    )
}
EXAMPLES: dict[str, Struct] = {
    type(value).__name__: value
    for value in (*(one for module in _MODULES for one in module.EXAMPLES), PROBLEMS["not_found"])
}


def example(name: str) -> Any:
    """The example of a component of the OpenAPI document: of a Struct by its name, of `Page_X` and
    `NumberedPage_X` by X. Raises KeyError."""
    kind, _, item = name.partition("_")
    if kind == "Page":
        return Page([EXAMPLES[item]], next=getattr(EXAMPLES[item], "id", None))
    if kind == "NumberedPage":
        return NumberedPage([EXAMPLES[item]], total=41, page=3, page_size=20, total_pages=3)
    return EXAMPLES[name]
