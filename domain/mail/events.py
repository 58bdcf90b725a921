from dataclasses import dataclass
from uuid import UUID

from domain.mail.letter import LetterId
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class LetterWritten:
    """A letter waits to be sent."""

    id: UUID
    user_id: UserId
    letter_id: LetterId
