from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from domain.conversations.conversation import ConversationId, MessageId
from domain.shared.errors import Conflict
from domain.shared.ids import DocumentId, UserId
from domain.shared.span import Span

NOT_FOUND = "Nothing in your documents answers this."
_LONGEST = 2**31 - 1  # milliseconds: nobody has worked for 25 days
EXTRACTIVE = "extractive"  # the model to ask for that quotes, and leaves this machine for nothing


class NotAnAnswer(Conflict):
    """Only what was answered can be made again, stopped or rated."""


class AnswerNotEnded(Conflict):
    """It is still being made."""


class AlreadyAsked(Conflict):
    """The client has sent this message before."""


class Role(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"


class MessageStatus(StrEnum):
    """STREAMING from the first piece of text on."""

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


class Verified(StrEnum):
    """Whether the quote is the document's text: its very characters, or but for case, white space
    and how quotation marks and dashes are written."""

    EXACT = "exact"
    NORMALISED = "normalised"
    NO = "no"


class Notice(StrEnum):
    CONSENT_REQUIRED = "consent_required"


class FinishReason(StrEnum):
    """Why a model stopped writing: of its own accord, cut off at the most it may write, or by its
    provider's filter."""

    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"
    OTHER = "other"


class Rating(StrEnum):
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Citation:
    """`quote` is the document's canonical text from `start` to `end`, on `page`. `places` are where
    its marker stands in what a model wrote."""

    marker: int
    document_id: DocumentId
    document_title: str
    version_sha256: str
    page: int
    start: int
    end: int
    quote: str
    score: float
    verified: Verified = Verified.EXACT
    places: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Support:
    """Where somebody finds help beyond an answer."""

    level: str
    resources_url: str
    resources: list[str]


@dataclass(slots=True, kw_only=True)
class Message:
    """A question, or the answer that stands under it. Terminal states never change. `model` is what
    was asked for; `unknown_markers` counts what the model cited and was not there, `unsupported`
    are the statements of its content that nothing it cites supports. `fingerprint` tells what was
    sent as `client_message_id` from anything else that is."""

    id: MessageId
    user_id: UserId
    conversation_id: ConversationId
    parent_id: MessageId | None = None
    role: Role
    content: str
    status: MessageStatus
    mode: AnswerMode | None = None
    model: str | None = None
    provider: str | None = None
    model_used: str | None = None
    document_ids: list[DocumentId] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    nearest: list[Citation] = field(default_factory=list)
    unknown_markers: int = 0
    unsupported: list[Span] = field(default_factory=list)
    notice: Notice | None = None
    support: Support | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    response_time_ms: int | None = None
    finish_reason: FinishReason | None = None
    error_code: str | None = None
    error_detail: str | None = None
    rating: Rating | None = None
    comment: str | None = None
    client_message_id: str | None = None
    fingerprint: bytes | None = None
    trace_id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    created_at: datetime

    @property
    def question_id(self) -> MessageId:
        """What an answer answers. Raises NotAnAnswer."""
        if self.role is not Role.ASSISTANT or self.parent_id is None:
            raise NotAnAnswer("this message is a question")
        return self.parent_id

    def check_answer(self) -> None:
        """Raises NotAnAnswer."""
        _ = self.question_id

    @property
    def stopping(self) -> UUID:
        """The topic that whoever makes the answer listens to: it has ended without them."""
        return uuid5(self.id, "stop")

    def begin(self, provider: str, model: str, sources: list[Citation]) -> None:
        """The model has written the first piece. `sources` are the passages that it may cite: until
        the answer has ended, they are its citations."""
        self.status, self.mode = MessageStatus.STREAMING, AnswerMode.MODEL
        self.provider, self.model_used, self.citations = provider, model, sources

    def write(
        self, text: str, citations: list[Citation], unknown: int, unsupported: list[Span]
    ) -> None:
        """What a model wrote, checked."""
        self.content, self.mode, self.citations = text, AnswerMode.MODEL, citations
        self.unknown_markers, self.unsupported = unknown, unsupported

    def answer(self, citations: list[Citation], at: datetime) -> None:
        """With the quotes themselves, unchanged."""
        self.content = "\n".join(citation.quote for citation in citations)
        self.mode, self.citations = AnswerMode.EXTRACTIVE, citations
        self.end(MessageStatus.COMPLETE, at)

    def find_nothing(self, nearest: list[Citation], at: datetime) -> None:
        """`nearest` is what came closest: shown as such, never as an answer."""
        self.content, self.mode, self.nearest = NOT_FOUND, AnswerMode.NOT_FOUND, nearest
        self.end(MessageStatus.COMPLETE, at)

    def fail(self, code: str, detail: str, at: datetime) -> None:
        self.error_code, self.error_detail = code, detail
        self.end(MessageStatus.FAILED, at)

    def end(self, status: MessageStatus, at: datetime) -> None:
        self.status = status
        passed = round((at - self.created_at).total_seconds() * 1000)
        self.response_time_ms = max(0, min(passed, _LONGEST))  # a clock may have been set back
