"""What a conversation shows to its owner."""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct, structs

from domain.conversations.conversation import Conversation, ConversationId, Kind, MessageId
from domain.conversations.message import (
    AnswerMode,
    Citation,
    FinishReason,
    Message,
    MessageStatus,
    Notice,
    Rating,
    Role,
    Support,
    Verified,
)
from domain.shared.ids import DocumentId
from domain.shared.span import Span


class ConversationView(Struct, frozen=True):
    """`session_type` is its kind, as some clients call it. What is asked next stands under
    `active_leaf`. `message_count` and `last_message_at` are of all branches. `document_ids` is what
    is searched; none: all your documents."""

    id: ConversationId
    title: str
    kind: Kind
    session_type: Kind
    session_id: str | None
    metadata: dict[str, Any]
    document_ids: list[DocumentId]
    active_leaf: MessageId | None
    is_active: bool
    is_archived: bool
    message_count: int
    last_message_at: datetime | None
    created_at: datetime
    updated_at: datetime


class CitationView(Struct, frozen=True):
    """Where a quote stands: the document's `content[start:end]`, on `page`. `url` shows it with
    its neighbourhood. `places` are where its marker stands in a message that a model wrote."""

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
    places: list[Span]
    url: str


class MessageError(Struct, frozen=True):
    code: str
    detail: str


class FeedbackView(Struct, frozen=True):
    rating: Rating
    comment: str | None


class MessageView(Struct, frozen=True):
    """A question or an answer. `document_ids` is what was searched, none being everything;
    `nearest` are the passages that came closest when the mode is `not_found`. `unknown_markers`
    counts what a model cited and was not there, `unsupported` are the statements of `content` that
    nothing it cites supports. While it is streaming, its `citations` are the passages that its markers
    may name. `finish_reason` is why its model stopped: after `length` and
    `content_filter` the answer is cut. `response_time_ms` is measured from the question."""

    id: MessageId
    conversation_id: ConversationId
    parent_id: MessageId | None
    role: Role
    is_user: bool
    message_type: Literal["text"]
    content: str
    status: MessageStatus
    mode: AnswerMode | None
    model_used: str | None
    document_ids: list[DocumentId]
    citations: list[CitationView]
    nearest: list[CitationView]
    unknown_markers: int
    unsupported: list[Span]
    notice: Notice | None
    support: Support | None
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    response_time_ms: int | None
    finish_reason: FinishReason | None
    error: MessageError | None
    feedback: FeedbackView | None
    client_message_id: str | None
    trace_id: str | None
    metadata: dict[str, Any]
    created_at: datetime


class ConversationWithMessages(ConversationView, frozen=True):
    """A conversation with its last messages, of every branch, the oldest first."""

    messages: list[MessageView]


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


def conversation_view(conversation: Conversation) -> ConversationView:
    return ConversationView(
        id=conversation.id,
        title=conversation.title,
        kind=conversation.kind,
        session_type=conversation.kind,
        session_id=conversation.session_id,
        metadata=conversation.metadata,
        document_ids=conversation.document_ids,
        active_leaf=conversation.active_leaf,
        is_active=conversation.deleted_at is None,
        is_archived=conversation.is_archived,
        message_count=conversation.message_count,
        last_message_at=conversation.last_message_at,
        created_at=conversation.created_at,
        updated_at=conversation.updated_at,
    )


def with_messages(conversation: Conversation, messages: list[Message]) -> ConversationWithMessages:
    shown = structs.asdict(conversation_view(conversation))
    return ConversationWithMessages(**shown, messages=[message_view(one) for one in messages])


def message_view(message: Message) -> MessageView:
    error = message.error_code and MessageError(message.error_code, message.error_detail or "")
    feedback = message.rating and FeedbackView(message.rating, message.comment)
    return MessageView(
        id=message.id,
        conversation_id=message.conversation_id,
        parent_id=message.parent_id,
        role=message.role,
        is_user=message.role is Role.USER,
        message_type="text",
        content=message.content,
        status=message.status,
        mode=message.mode,
        model_used=message.model_used,
        document_ids=message.document_ids,
        citations=[citation_view(citation) for citation in message.citations],
        nearest=[citation_view(citation) for citation in message.nearest],
        unknown_markers=message.unknown_markers,
        unsupported=message.unsupported,
        notice=message.notice,
        support=message.support,
        prompt_tokens=message.prompt_tokens,
        completion_tokens=message.completion_tokens,
        total_tokens=message.prompt_tokens + message.completion_tokens,
        response_time_ms=message.response_time_ms,
        finish_reason=message.finish_reason,
        error=error or None,
        feedback=feedback or None,
        client_message_id=message.client_message_id,
        trace_id=message.trace_id,
        metadata=message.metadata,
        created_at=message.created_at,
    )


def usage_of(message: MessageView) -> Usage:
    return Usage(message.prompt_tokens, message.completion_tokens, message.total_tokens)


def chat_answer(answer: MessageView) -> ChatAnswer:
    return ChatAnswer(answer, answer.conversation_id, usage_of(answer))


def citation_view(citation: Citation) -> CitationView:
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
        verified=citation.verified,
        places=list(citation.places),
        url=f"/api/v1/documents/{citation.document_id}/content{place}",
    )
