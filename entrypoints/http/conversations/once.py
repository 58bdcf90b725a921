"""What is asked under an Idempotency-Key is asked once, for as long as it is kept."""

from collections.abc import Awaitable, Callable

from msgspec import structs

from application.conversations.completing import Completion
from application.conversations.questions import Question
from application.conversations.views import Asked
from application.operations.replays import IdempotencyKeyReused
from domain.conversations.message import AlreadyAsked
from entrypoints.http.auth import AnyRequest
from entrypoints.http.idempotency import key_of


async def once[Q: (Question, Completion)](
    request: AnyRequest, question: Q, ask: Callable[[Q], Awaitable[Asked]]
) -> Asked:
    """Asks the question by the name that the client gave it, else by the request's key. Raises
    IdempotencyKeyReused, and what `ask` raises."""
    key = key_of(request)
    if key is None or question.client_message_id is not None:
        return await ask(question)
    try:
        return await ask(structs.replace(question, client_message_id=key))
    except AlreadyAsked:
        raise IdempotencyKeyReused("this Idempotency-Key was used for another request") from None
