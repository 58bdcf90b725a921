from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from domain.shared.errors import Conflict
from domain.shared.ids import UserId

ConversationId = NewType("ConversationId", UUID)

_TITLE = 50  # code points of the first question


class Kind(StrEnum):
    RESEARCH = "research"
    GENERAL = "general"


class SessionTaken(Conflict): ...


@dataclass(slots=True, kw_only=True)
class Conversation:
    """`session_id` is the client's own name for it, unique among its owner's."""

    id: ConversationId
    user_id: UserId
    kind: Kind
    title: str
    session_id: str | None = None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None


def title_of(question: str) -> str:
    """A conversation is called as its first question begins."""
    return question if len(question) <= _TITLE else question[:_TITLE] + "..."
