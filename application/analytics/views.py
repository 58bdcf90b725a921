"""What analytics shows. Money is exact, so it is a text in JSON; durations are seconds."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from domain.analytics.activity import ActivityKind, ActivityStatus
from domain.analytics.price import CURRENCY
from domain.analytics.usage import Feature
from domain.shared.ids import DocumentId

# Exact, with all its places: JavaScript's numbers, and texts such as 0E-10, are not what one adds.
type Money = Annotated[str, Meta(pattern=r"^[0-9]+\.[0-9]{10}$")]


class DayView(Struct, frozen=True):
    """One day of the user's time zone. `estimated_cost` leaves out `unpriced_calls`."""

    date: date
    total_queries: int
    successful_queries: int
    failed_queries: int
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    documents_uploaded: int
    documents_analyzed: int
    avg_response_time: float | None
    workflows_executed: int
    estimated_cost: Money
    unpriced_calls: int


class UsageView(Struct, frozen=True):
    """The last `period_days` days of the user's time zone, today included. A query is an answer
    that was asked for; those that were stopped neither succeeded nor failed. Response times are
    those of successful queries, in seconds; the 95th percentile of fewer than 20 says nothing, and
    is null.
    `unpriced_calls` went to models without a price, so `estimated_cost` leaves them out."""

    period_days: int
    timezone: str
    total_queries: int
    successful_queries: int
    failed_queries: int
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    documents_uploaded: int
    documents_analyzed: int
    total_document_size: int
    avg_response_time: float | None
    p50_response_time: float | None
    p95_response_time: float | None
    workflows_executed: int
    estimated_cost: Money
    unpriced_calls: int
    daily_breakdown: list[DayView]
    currency: str = CURRENCY


class TokensView(Struct, frozen=True):
    """One day's tokens, and what they cost; `cached_tokens` are part of `prompt_tokens`, and
    `reasoning_tokens` of `completion_tokens`."""

    date: date
    total_tokens: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cost: Money
    unpriced_calls: int
    currency: str = CURRENCY


class WorkflowsView(Struct, frozen=True):
    """Executions that ended. `success_rate` is the completed ones' share; it and the average time
    of a completed one are null when there is nothing to divide."""

    period_days: int
    total_executions: int
    completed_executions: int
    failed_executions: int
    avg_execution_time: float | None
    success_rate: float | None


class Spending(Struct, frozen=True):
    """What the calls of one model for one feature and conversation took."""

    provider: str
    model: str
    feature: Feature
    conversation_id: UUID | None
    calls: int
    total_tokens: int
    cost: Decimal
    unpriced_calls: int


class ModelCost(Struct, frozen=True):
    provider: str
    model: str
    calls: int
    total_tokens: int
    cost: Money
    unpriced_calls: int


class FeatureCost(Struct, frozen=True):
    feature: Feature
    calls: int
    total_tokens: int
    cost: Money
    unpriced_calls: int


class ConversationCost(Struct, frozen=True):
    conversation_id: UUID
    calls: int
    total_tokens: int
    cost: Money
    unpriced_calls: int


class CostsView(Struct, frozen=True):
    """The same costs, thrice; what belongs to no conversation is in none of `by_conversation`. The
    dearest come first."""

    period_days: int
    total_cost: Money
    unpriced_calls: int
    by_model: list[ModelCost]
    by_feature: list[FeatureCost]
    by_conversation: list[ConversationCost]
    currency: str = CURRENCY


class ActivityView(Struct, frozen=True):
    """Something that happened. `document_id` is what it was about: of a question the first of those
    it was limited to, of an answer the first that it cites. `response_time` is in seconds, null for
    what takes none."""

    id: UUID
    timestamp: datetime
    action: ActivityKind
    status: ActivityStatus
    document_id: DocumentId | None = None
    conversation_id: UUID | None = None
    message_id: UUID | None = None
    tokens: int | None = None
    response_time: float | None = None


class Refreshed(Struct, frozen=True):
    """How many quarters of an hour were counted again."""

    message: str
    buckets: int


class PriceView(Struct, frozen=True):
    """Money for 1000 tokens of each kind. Without a `provider` it is everybody's who has none of
    its own; without `valid_to` it holds until the next one is set."""

    id: UUID
    model: str
    provider: str | None
    input_per_1k: Money
    cached_input_per_1k: Money
    output_per_1k: Money
    currency: str
    valid_from: datetime
    valid_to: datetime | None


def money(amount: Decimal) -> Money:
    return f"{amount:.10f}"
