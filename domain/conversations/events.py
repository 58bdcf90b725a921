from dataclasses import dataclass
from uuid import UUID

from domain.conversations.conversation import ConversationId, MessageId
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class QuestionAsked:
    """`answer_id` is the message that waits for its content."""

    id: UUID
    user_id: UserId
    conversation_id: ConversationId
    question_id: MessageId
    answer_id: MessageId


@dataclass(frozen=True, slots=True)
class AnswerDue:
    """Whatever the answer has to wait for has ended: it is to be made now."""

    id: UUID
    user_id: UserId
    answer_id: MessageId
