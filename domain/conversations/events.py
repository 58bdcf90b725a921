from dataclasses import dataclass
from uuid import UUID

from domain.conversations.message import MessageId
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class QuestionAsked:
    """`answer_id` is the message that waits for its content."""

    id: UUID
    user_id: UserId
    answer_id: MessageId
