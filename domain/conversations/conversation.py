from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

from domain.shared.errors import Conflict
from domain.shared.ids import DocumentId, UserId

ConversationId = NewType("ConversationId", UUID)
MessageId = NewType("MessageId", UUID)

_TITLE = 50  # code points of the first question
_UNTITLED = "New conversation"


class Kind(StrEnum):
    RESEARCH = "research"
    GENERAL = "general"
    CAREER = "career"
    CHECK_IN = "check_in"
    GUIDED = "guided"


class Origin(StrEnum):
    """Which door its questions came through: ours, or the one that speaks OpenAI's protocol."""

    CHAT = "chat"
    COMPLETIONS = "completions"


class SessionTaken(Conflict): ...


@dataclass(slots=True, kw_only=True)
class Conversation:
    """`session_id` is the client's own name for it, unique among its owner's. Its messages form a
    tree: what is asked next stands under `active_leaf`. `message_count` and `last_message_at` are of
    every branch. `document_ids` is what is searched; none: all of the owner's."""

    id: ConversationId
    user_id: UserId
    kind: Kind
    title: str
    origin: Origin = Origin.CHAT
    session_id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    document_ids: list[DocumentId] = field(default_factory=list)
    active_leaf: MessageId | None = None
    is_archived: bool = False
    message_count: int = 0
    last_message_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None

    def grow(self, message_id: MessageId, at: datetime) -> None:
        """By one more message, under which it goes on."""
        self.active_leaf = message_id
        self.message_count += 1
        self.last_message_at = self.updated_at = at


def title_of(question: str | None) -> str:
    """A conversation is called as its first question begins."""
    if question is None:
        return _UNTITLED
    return question if len(question) <= _TITLE else question[:_TITLE] + "..."
