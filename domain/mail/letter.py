"""Letters to users, from the transaction that decides one until it has been sent."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType
from uuid import UUID

from domain.shared.errors import Invalid
from domain.shared.ids import UserId

LetterId = NewType("LetterId", UUID)


class InvalidSubject(Invalid): ...


@dataclass(frozen=True, slots=True)
class Letter:
    """What to tell somebody; `kind` says why. Never printed: the text may hold a link that opens.
    Raises InvalidSubject for a subject that is not one line: a second one would be a header."""

    kind: str
    subject: str = field(repr=False)
    text: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.subject.isprintable():
            raise InvalidSubject("a subject is one line of text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A letter on its way: sent again, it is the same mail, by its id."""

    id: LetterId
    to: str = field(repr=False)
    letter: Letter
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMail:
    """A mail that waits to be sent. `letter`, encrypted, is its address, subject and text."""

    id: LetterId
    user_id: UserId
    kind: str
    letter: bytes = field(repr=False)
    created_at: datetime
