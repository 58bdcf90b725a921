"""What was asked of a model, and what it took: one event for each attempt."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from domain.shared.ids import UserId

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


class TokensSource(StrEnum):
    """Who counted the tokens; nobody when none were used, or when nobody knows."""

    PROVIDER = "provider"
    ESTIMATED = "estimated"
    NONE = "none"


class UsageStatus(StrEnum):
    OK = "ok"
    ERROR = "error"
    CANCELLED = "cancelled"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageEvent:
    """One attempt, `id`, once it has ended. Each token is in one of the four counts only. It waited
    `queue_ms` before `started_at`, and the others count from there, all by a monotonic clock."""

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
    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    tokens_source: TokensSource = TokensSource.NONE

    @property
    def prompt_tokens(self) -> int:
        return self.input_tokens + self.cached_input_tokens

    @property
    def completion_tokens(self) -> int:
        return self.output_tokens + self.reasoning_tokens

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

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
