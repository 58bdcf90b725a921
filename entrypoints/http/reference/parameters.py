"""What each parameter of a path or a query means, wherever it stands; or only in a `query`."""

from typing import Any, NamedTuple

from entrypoints.http.reference.credentials import SESSION
from entrypoints.http.reference.identity_oauth import CONNECTION
from entrypoints.http.reference.knowledge import END, START
from entrypoints.http.reference.shared import ADA, ANSWER, CONTRACT, TALK


class Parameter(NamedTuple):
    """`limits` are the JSON Schema keywords that Litestar does not find in an annotated union."""

    description: str
    example: Any
    limits: dict[str, Any] = {}  # noqa: RUF012


_OFFSET = {"minimum": 0, "maximum": 2**30}

_NAME = {"maxLength": 100}
_PAGE_SIZE = {"minimum": 1, "maximum": 100}

PARAMETERS = {
    "action": Parameter("Only entries of this action", "user.deactivated", {"maxLength": 60}),
    "actor_id": Parameter("Only what this user did", str(ADA)),
    "after": Parameter(
        "The `next` of the page before, or the `id` of the last event; without it, from the first on",
        str(CONTRACT),
    ),
    "conversation_id": Parameter("The `id` of a conversation", str(TALK)),
    "cookies": Parameter("Whether the tokens come as cookies instead of in the body", True),
    "archived": Parameter("Those that are archived, instead of the others", True),
    "before": Parameter(
        "The `next` of the page before; without it, the newest entries", 4711, {"minimum": 1}
    ),
    "authored_before": Parameter(
        "Only documents that were written before this moment", "2026-01-01T00:00:00Z"
    ),
    "authored_since": Parameter(
        "Only documents that were written from this moment on", "2025-01-01T00:00:00Z"
    ),
    "category": Parameter("Only documents of this category", "contract"),
    "created_before": Parameter(
        "Only documents that were uploaded before this moment", "2026-12-01T00:00:00Z"
    ),
    "created_since": Parameter(
        "Only documents that were uploaded from this moment on", "2026-11-01T00:00:00Z"
    ),
    "explain": Parameter("Whether each passage shows how it came by its place", True),
    "language": Parameter("Only documents in this language, a BCP 47 tag", "en"),
    "mode": Parameter("By words, by meaning, or by both", "hybrid"),
    "code": Parameter("The `code` of an error answer", "not_found"),
    "days": Parameter("How many days, today included", 7),
    "deleted": Parameter("Deleted accounts instead of the others", False),
    "query code": Parameter("What the provider gives for a token, once", "4/0AfJohXn5h"),
    "connection_id": Parameter("The `id` of a connection", str(CONNECTION)),
    "document_id": Parameter("The `id` of a document", str(CONTRACT)),
    "end": Parameter(
        "Where the span ends, in code points: the first that is not in it", END, _OFFSET
    ),
    "file_type": Parameter("Only documents of this extension", "pdf", _NAME),
    "jurisdiction": Parameter("Only documents of this jurisdiction", "GB-ENG", _NAME),
    "keyword": Parameter("Only documents with this keyword", "payment", _NAME),
    "key_id": Parameter("The `id` of an API key", "01a1fcb7-7a0c-7c11-9b52-0f6f2f7d6a10"),
    "purpose": Parameter("What the consent is for", "ai_external.documents"),
    "Idempotency-Key": Parameter(
        "Makes it safe to send the request again: within 24 hours the same key and body are "
        "answered as the first time, with `Idempotency-Replayed: true`, and done once. A question is "
        "asked once for good: sent again, it has the same answer, as it is by then. A key is of "
        "its user and this route; take a random one for each thing to be done",
        "5f0c1d5e-8a53-4d0c-9d56-3e2f7a1c9b40",
        {"minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    ),
    "file_id": Parameter("The `id` of a file", "01a1fcb7-3fae-7b02-a4c1-5d0b9e3f6a21"),
    "is_active": Parameter("Only accounts that may sign in, or only those that may not", True),
    "is_admin": Parameter("Only administrators, or only the others", True),
    "limit": Parameter("How many items come at most", 20, _PAGE_SIZE),
    "message_id": Parameter("The `id` of a message", str(ANSWER)),
    "object_id": Parameter("Only what was done to this", str(ADA)),
    "outcome": Parameter("Only what was done, or only what was refused", "denied"),
    "page": Parameter("Which page, from 1", 1, {"minimum": 1, "maximum": 1_000_000}),
    "page_size": Parameter("How many items a page with a number has at most", 20, _PAGE_SIZE),
    "q": Parameter(
        "What to look for: of accounts a part of the e-mail, the display name or the full name; "
        "of messages words; of documents a question, or words",
        "ada",
        {"minLength": 1, "maxLength": 100},
    ),
    "session_id": Parameter("The `id` of a session", str(SESSION)),
    "since": Parameter("Only entries from this moment on", "2026-11-21T00:00:00Z"),
    "size": Parameter("How many items a page has at most", 20, _PAGE_SIZE),
    "skip": Parameter("How many items come before the array", 0, {"minimum": 0}),
    "sort": Parameter("By what, `-` is downwards", "-created_at"),
    "start": Parameter("Where the span starts, in code points", START, _OFFSET),
    "until": Parameter("Only entries before this moment", "2026-11-22T00:00:00Z"),
    "user_id": Parameter("The `id` of an account", str(ADA)),
    "error": Parameter("Why the provider gives no code (RFC 6749, 4.1.2.1)", "access_denied"),
    "practice_area": Parameter("Only documents of this practice area", "commercial", _NAME),
    "status": Parameter("Only documents whose newest version is so far", "completed"),
    "text": Parameter("A part of the title or of the file's name", "agreement", _NAME),
    "provider": Parameter("`google`, `github`, or what OIDC_NAME says", "google"),
    "redirect_to": Parameter(
        "Where the browser goes afterwards: below PUBLIC_URL's origin or one of OAUTH_REDIRECTS",
        "http://localhost:8000/docs",
    ),
    "state": Parameter(
        "What `start` sent with the browser", "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA8"
    ),
}
