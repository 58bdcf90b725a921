"""What a user did, beside asking models: facts of other contexts, as they are counted."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.analytics.usage import UsageStatus
from domain.shared.ids import DocumentId, UserId


class ActivityKind(StrEnum):
    QUESTION = "question"
    ANSWER = "answer"
    UPLOAD = "upload"
    ANALYSIS = "analysis"
    EXECUTION = "execution"


class ActivityStatus(StrEnum):
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """`took_ms` is how long it took; `bytes` how much there was of it. Answers are none: their
    usage events tell of them."""

    id: UUID
    user_id: UserId
    action: ActivityKind
    status: ActivityStatus
    at: datetime
    document_id: DocumentId | None = None
    conversation_id: UUID | None = None
    message_id: UUID | None = None
    bytes: int = 0
    took_ms: int | None = None


_OUTCOMES = {
    UsageStatus.OK: ActivityStatus.COMPLETED,
    UsageStatus.ERROR: ActivityStatus.FAILED,
    UsageStatus.TIMEOUT: ActivityStatus.FAILED,
    UsageStatus.CANCELLED: ActivityStatus.CANCELLED,
}


def outcome_of(status: UsageStatus) -> ActivityStatus:
    """What an answer's owner sees of how it ended."""
    return _OUTCOMES[status]
