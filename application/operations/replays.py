"""A request that is sent again, for nobody knows whether it was heard, is answered as the first was
and done once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.shared.errors import Conflict, Invalid
from domain.shared.ids import UserId

LIFETIME = timedelta(hours=24)  # of a key
ABANDONED = timedelta(minutes=2)  # without an answer for so long, the process that began it is gone


class IdempotencyKeyReused(Invalid):
    """The key belongs to another request."""


class RequestInFlight(Conflict):
    """The first request with this key is not answered yet."""


class AnsweredOnce(Conflict):
    """The answer held a secret: it was given once, and not kept."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request under a key of its caller's, on one route; `fingerprint` tells it from others."""

    owner: UserId
    route: str
    key: str
    fingerprint: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered; `body` is None for what may not be kept."""

    status: int
    headers: dict[str, str]
    body: bytes | None


def repeated(fingerprint: bytes, answer: Answer | None, again: Attempt) -> Answer:
    """What `again` is answered, when the first request had this `fingerprint` and `answer`, which is
    None as long as it has none. Raises IdempotencyKeyReused, RequestInFlight, AnsweredOnce."""
    if again.fingerprint != fingerprint:
        raise IdempotencyKeyReused("this Idempotency-Key was used for another request")
    if answer is None:
        raise RequestInFlight("the first request with this Idempotency-Key is being answered")
    if answer.body is None:
        raise AnsweredOnce("this was done and answered; the answer holds a secret and is not kept")
    return answer
