"""What each parameter of a path or a query means, wherever it stands; or only in a `query`."""

from typing import Any, NamedTuple

from entrypoints.http.reference.identity_oauth import CONNECTION
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
    "query code": Parameter("What the provider gives for a token, once", "4/0AfJohXn5h"),
    "code": Parameter("The `code` of an error answer", "not_found"),
    "connection_id": Parameter("The `id` of a connection", str(CONNECTION)),
    "document_id": Parameter("The `id` of a document", str(CONTRACT)),
    "end": Parameter(
        "Where the span ends, in code points: the first that is not in it", END, _OFFSET
    ),
    "error": Parameter("Why the provider gives no code (RFC 6749, 4.1.2.1)", "access_denied"),
    "message_id": Parameter("The `id` of a message", str(ANSWER)),
    "provider": Parameter("`google`, `github`, or what OIDC_NAME says", "google"),
    "redirect_to": Parameter(
        "Where the browser goes afterwards: below PUBLIC_URL's origin or one of OAUTH_REDIRECTS",
        "http://localhost:8000/docs",
    ),
    "size": Parameter("How many items a page has at most", 20, {"minimum": 1, "maximum": 100}),
    "start": Parameter("Where the span starts, in code points", START, _OFFSET),
    "state": Parameter(
        "What `start` sent with the browser", "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA8"
    ),
}
