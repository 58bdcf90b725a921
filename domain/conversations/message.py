from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from domain.conversations.conversation import ConversationId
from domain.shared.ids import DocumentId, UserId

MessageId = NewType("MessageId", UUID)

NOT_FOUND = "Nothing in your documents answers this."


class Role(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"


class MessageStatus(StrEnum):
    PENDING = "pending"
    STREAMING = "streaming"
    COMPLETE = "complete"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def terminal(self) -> bool:
        return self not in (MessageStatus.PENDING, MessageStatus.STREAMING)


class AnswerMode(StrEnum):
    EXTRACTIVE = "extractive"
    MODEL = "model"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class Citation:
    """`quote` is the document's canonical text from `start` to `end`, on `page`."""

    marker: int
    document_id: DocumentId
    document_title: str
    version_sha256: str
    page: int
    start: int
    end: int
    quote: str
    score: float


@dataclass(slots=True, kw_only=True)
class Message:
    """A question, or the answer that stands under it. Terminal states never change."""

    id: MessageId
    user_id: UserId
    conversation_id: ConversationId
    parent_id: MessageId | None = None
    role: Role
    content: str
    status: MessageStatus
    mode: AnswerMode | None = None
    model_used: str | None = None
    document_ids: list[DocumentId] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    nearest: list[Citation] = field(default_factory=list)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    response_time_ms: int | None = None
    error_code: str | None = None
    error_detail: str | None = None
    trace_id: str | None = None
    created_at: datetime

    def answer(self, citations: list[Citation], at: datetime) -> None:
        """With the quotes themselves, unchanged."""
        self.content = "\n".join(citation.quote for citation in citations)
        self.mode, self.citations = AnswerMode.EXTRACTIVE, citations
        self._end(MessageStatus.COMPLETE, at)

    def find_nothing(self, nearest: list[Citation], at: datetime) -> None:
        """`nearest` is what came closest: shown as such, never as an answer."""
        self.content, self.mode, self.nearest = NOT_FOUND, AnswerMode.NOT_FOUND, nearest
        self._end(MessageStatus.COMPLETE, at)

    def fail(self, code: str, detail: str, at: datetime) -> None:
        self.error_code, self.error_detail = code, detail
        self._end(MessageStatus.FAILED, at)

    def _end(self, status: MessageStatus, at: datetime) -> None:
        self.status = status
        self.response_time_ms = round((at - self.created_at).total_seconds() * 1000)
