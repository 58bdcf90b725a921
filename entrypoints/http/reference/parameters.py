"""What each parameter of a path or a query means, wherever it stands."""

from typing import Any, NamedTuple

from entrypoints.http.reference.knowledge import END, START
from entrypoints.http.reference.shared import ANSWER, CONTRACT


class Parameter(NamedTuple):
    """`limits` are the JSON Schema keywords that Litestar does not find in an annotated union."""

    description: str
    example: Any
    limits: dict[str, Any] = {}  # noqa: RUF012


_OFFSET = {"minimum": 0, "maximum": 2**30}

PARAMETERS = {
    "after": Parameter("The `next` of the page before; without it, the first page", str(CONTRACT)),
    "code": Parameter("The `code` of an error answer", "not_found"),
    "document_id": Parameter("The `id` of a document", str(CONTRACT)),
    "end": Parameter(
        "Where the span ends, in code points: the first that is not in it", END, _OFFSET
    ),
    "message_id": Parameter("The `id` of a message", str(ANSWER)),
    "size": Parameter("How many items a page has at most", 20, {"minimum": 1, "maximum": 100}),
    "start": Parameter("Where the span starts, in code points", START, _OFFSET),
}
