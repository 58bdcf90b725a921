"""What was asked of a model, and what it took: one event for each attempt."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from domain.shared.ids import UserId
from domain.shared.tokens import Tokens, TokensSource

LOCAL = "local"  # the provider of answers that leave this machine for nothing
EXTRACTIVE = "extractive"  # its model that quotes


class Feature(StrEnum):
    """What a model was asked for."""

    CHAT = "chat"
    COMPLETIONS = "completions"
    EMBEDDING = "embedding"
    WORKFLOW = "workflow"
    CAREER = "career"
    WELLNESS = "wellness"


ANSWERING = frozenset({Feature.CHAT, Feature.COMPLETIONS})


class UsageStatus(StrEnum):
    OK = "ok"
    ERROR = "error"
    CANCELLED = "cancelled"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageEvent(Tokens):
    """One attempt, `id`, once it has ended. It waited `queue_ms` before `started_at`, and the others
    count from there, all by a monotonic clock."""

    id: UUID
    user_id: UserId
    feature: Feature
    provider: str
    model_asked: str
    model_used: str
    status: UsageStatus
    started_at: datetime
    total_ms: int
    queue_ms: int = 0
    first_token_ms: int | None = None
    conversation_id: UUID | None = None
    message_id: UUID | None = None
    execution_id: UUID | None = None
    tokens_source: TokensSource = TokensSource.NONE

    @property
    def response_ms(self) -> int:
        """As long as somebody waited."""
        return self.queue_ms + self.total_ms


@dataclass(frozen=True, slots=True)
class Charge:
    """An event with what it cost; None: nobody knows, for its model has no price."""

    event: UsageEvent
    price_id: UUID | None
    cost: Decimal | None
