"""What a conversation shows to its owner."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from domain.conversations.conversation import ConversationId
from domain.conversations.message import (
    AnswerMode,
    Citation,
    Message,
    MessageId,
    MessageStatus,
    Role,
)
from domain.shared.ids import DocumentId


class Verified(StrEnum):
    """Whether `content[start:end]` of the document is the quote."""

    EXACT = "exact"
    NORMALISED = "normalised"
    NO = "no"


class CitationView(Struct, frozen=True):
    """Where a quote stands: the document's `content[start:end]`, on `page`. `url` shows it with
    its neighbourhood."""

    marker: int
    document_id: DocumentId
    document_title: str
    version_sha256: str
    page: int
    start: int
    end: int
    quote: str
    score: float
    verified: Verified
    url: str


class MessageError(Struct, frozen=True):
    code: str
    detail: str


class MessageView(Struct, frozen=True):
    """A question or an answer. `nearest` are the passages that came closest when the mode is
    `not_found`; `response_time_ms` is measured from the question."""

    id: MessageId
    conversation_id: ConversationId
    parent_id: MessageId | None
    role: Role
    is_user: bool
    content: str
    status: MessageStatus
    mode: AnswerMode | None
    model_used: str | None
    citations: list[CitationView]
    nearest: list[CitationView]
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    response_time_ms: int | None
    error: MessageError | None
    trace_id: str | None
    created_at: datetime


class Usage(Struct, frozen=True):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatAnswer(Struct, frozen=True):
    """The answer, whose conversation goes on under `conversation_id`."""

    message: MessageView
    conversation_id: ConversationId
    usage: Usage


class Asked(Struct, frozen=True):
    """The question as kept, and the answer that is being made."""

    question: MessageView
    answer: MessageView


def message_view(message: Message) -> MessageView:
    error = (
        MessageError(message.error_code, message.error_detail or "") if message.error_code else None
    )
    return MessageView(
        id=message.id,
        conversation_id=message.conversation_id,
        parent_id=message.parent_id,
        role=message.role,
        is_user=message.role is Role.USER,
        content=message.content,
        status=message.status,
        mode=message.mode,
        model_used=message.model_used,
        citations=[_citation_view(citation) for citation in message.citations],
        nearest=[_citation_view(citation) for citation in message.nearest],
        prompt_tokens=message.prompt_tokens,
        completion_tokens=message.completion_tokens,
        total_tokens=message.prompt_tokens + message.completion_tokens,
        response_time_ms=message.response_time_ms,
        error=error,
        trace_id=message.trace_id,
        created_at=message.created_at,
    )


def chat_answer(answer: MessageView) -> ChatAnswer:
    usage = Usage(answer.prompt_tokens, answer.completion_tokens, answer.total_tokens)
    return ChatAnswer(answer, answer.conversation_id, usage)


def _citation_view(citation: Citation) -> CitationView:
    place = f"?start={citation.start}&end={citation.end}"
    return CitationView(
        marker=citation.marker,
        document_id=citation.document_id,
        document_title=citation.document_title,
        version_sha256=citation.version_sha256,
        page=citation.page,
        start=citation.start,
        end=citation.end,
        quote=citation.quote,
        score=citation.score,
        verified=Verified.EXACT,
        url=f"/api/v1/documents/{citation.document_id}/content{place}",
    )
