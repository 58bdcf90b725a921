"""What no context has to itself."""

from datetime import UTC, datetime
from uuid import UUID

from domain.conversations.conversation import ConversationId, MessageId
from domain.shared.ids import DocumentId, UserId
from entrypoints.http.reference.problem import problem

# One story through all examples: Ada asks her contract about late payment.
ADA = UserId(UUID("01a1fcb7-3dd3-738d-ad60-40a11becaaba"))
CONTRACT = DocumentId(UUID("01a1fcb7-3faf-72c4-8108-2fb3146ed4ef"))
ANSWER = MessageId(UUID("01a1fcb7-5c05-7b7a-8e11-34d0c9a2e6b8"))
TALK = ConversationId(UUID("01a1fcb7-5c02-7f41-a3d8-92e5b6c7f013"))
NOW = datetime(2026, 11, 21, 9, 30, 15, 250_000, UTC)
REQUEST_ID = "1711c13e7f980747f41fc09a"

EXAMPLES = ()
PROBLEMS = (
    problem(
        400,
        "bad_request",
        "The request cannot be read",
        "The body is not what its content type says. Mend the syntax and send it again.",
        "JSON is malformed: object keys must be strings (byte 1)",
    ),
    problem(
        400,
        "malformed",
        "A value is not of the form that was asked for",
        "`detail` says which. Mend it and send the request again.",
        "this is not of the form that was asked for",
    ),
    problem(
        401,
        "unauthenticated",
        "The caller is not known",
        "The request has no access token, or one that is expired, revoked or not ours. Send "
        "`Authorization: Bearer <access token>`: `POST /api/v1/auth/login` gives one, and "
        "`POST /api/v1/auth/refresh` the next.",
        "a bearer token is needed",
    ),
    problem(
        403,
        "forbidden",
        "The caller may not do this",
        "We know who you are, and what you came with does not open this route.",
        "this needs the scope documents",
    ),
    problem(
        404,
        "not_found",
        "There is no such thing",
        "Nothing is at this path, or it is not yours: the two look the same on purpose. "
        "`/openapi.json` lists every path.",
        "there is nothing at this path",
    ),
    problem(
        405,
        "method_not_allowed",
        "The path does not take this method",
        "The header `Allow` lists the methods that it takes.",
        "the header `Allow` lists the methods of this path",
    ),
    problem(
        409,
        "conflict",
        "The present state forbids it",
        "The request is fine, only not now. Read the thing again before you try again.",
        "the present state forbids it",
    ),
    problem(
        413,
        "too_large",
        "The body is too large",
        "Bodies have up to 64 KiB, 16 KiB on the routes of sign-in, 50 MiB for documents, 10 MiB for "
        "avatars.",
        "the body is larger than this route takes",
    ),
    problem(
        415,
        "unsupported_media_type",
        "The route does not take this media type",
        "The header `Content-Type` says what the body is, and the route has to take it: "
        "`application/json` mostly, `multipart/form-data` for files.",
        "send application/json",
    ),
    problem(
        415,
        "unsupported",
        "This kind of thing is not taken",
        "`detail` says which kinds are.",
        "this kind of thing is not taken",
    ),
    problem(
        422,
        "invalid",
        "A value is not acceptable",
        "`errors` lists what is wrong. `pointer` (RFC 6901) finds the value in the body, or names "
        "the parameter; `code` is `unknown` for a field that there is not, `missing` for one that "
        "is needed, else `invalid`.",
        "/email: Expected `str`, got `int`",
    ),
    problem(
        422,
        "cursor_gone",
        "The list cannot be continued here",
        "What `after` names was deleted, and the list is not in the order of ids. Ask for the first "
        "page again.",
        "the document of this cursor is gone: begin again",
    ),
    problem(
        429,
        "busy",
        "Too much was asked at once",
        "Ask again after as many seconds as the header `Retry-After` says.",
        "too many requests",
    ),
    problem(
        500,
        "internal",
        "Something went wrong on our side",
        "It is not your fault, and it stands in our log under `request_id`: please tell us that.",
        "something went wrong on our side",
    ),
    problem(
        503,
        "unavailable",
        "Something we depend on does not answer",
        "Ask again after as many seconds as the header `Retry-After` says.",
        "the database does not answer",
    ),
)
