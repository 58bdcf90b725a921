from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from application.analytics.prices import NewPrice
from application.analytics.views import (
    ActivityView,
    ConversationCost,
    CostsView,
    DayView,
    FeatureCost,
    ModelCost,
    PriceView,
    Refreshed,
    TokensView,
    UsageView,
    WorkflowsView,
)
from domain.analytics.activity import ActivityKind, ActivityStatus
from domain.analytics.usage import Feature
from entrypoints.http.reference.problem import problem
from entrypoints.http.reference.shared import ANSWER, NOW

_TALK = UUID("01a1fcb7-5c02-7f41-a3d8-92e5b6c7f013")
_TODAY = date(2026, 11, 21)
_DAY = DayView(
    date=_TODAY,
    total_queries=42,
    successful_queries=40,
    failed_queries=1,
    prompt_tokens=41_200,
    completion_tokens=8_300,
    total_tokens=49_500,
    documents_uploaded=3,
    documents_analyzed=2,
    avg_response_time=1.482,
    workflows_executed=0,
    estimated_cost="0.0202300000",
    unpriced_calls=0,
)
_MODEL = ModelCost("gemini", "gemini-1.5-flash", 41, 49_500, "0.0202300000", 0)
_FEATURE = FeatureCost(Feature.CHAT, 41, 49_500, "0.0202300000", 0)
_CONVERSATION = ConversationCost(_TALK, 17, 20_600, "0.0083000000", 0)

EXAMPLES = (
    _DAY,
    UsageView(
        period_days=1,
        timezone="Europe/London",
        total_queries=42,
        successful_queries=40,
        failed_queries=1,
        prompt_tokens=41_200,
        completion_tokens=8_300,
        total_tokens=49_500,
        documents_uploaded=3,
        documents_analyzed=2,
        total_document_size=1_482_113,
        avg_response_time=1.482,
        p50_response_time=1.31,
        p95_response_time=3.274,
        workflows_executed=0,
        estimated_cost="0.0202300000",
        unpriced_calls=0,
        daily_breakdown=[_DAY],
    ),
    TokensView(_TODAY, 49_500, 41_200, 0, 8_300, 0, "0.0202300000", 0),
    WorkflowsView(30, 20, 18, 1, 12.5, 0.9),
    _MODEL,
    _FEATURE,
    _CONVERSATION,
    CostsView(30, "0.0202300000", 0, [_MODEL], [_FEATURE], [_CONVERSATION]),
    ActivityView(
        id=UUID("01a1fcb7-5c06-7d10-8f00-6f2f3a1b9c77"),
        timestamp=NOW,
        action=ActivityKind.ANSWER,
        status=ActivityStatus.COMPLETED,
        conversation_id=_TALK,
        message_id=ANSWER,
        tokens=1207,
        response_time=1.31,
    ),
    Refreshed("analytics are up to date", 2),
    NewPrice("gpt-4", Decimal("0.03"), Decimal("0.06"), provider="openai"),
    PriceView(
        id=UUID("01a1fcb7-9a00-7e21-9d4c-2c1b7a6f5e30"),
        model="gpt-4",
        provider="openai",
        input_per_1k="0.0300000000",
        cached_input_per_1k="0.0300000000",
        output_per_1k="0.0600000000",
        currency="USD",
        valid_from=datetime(2026, 11, 21, tzinfo=UTC),
        valid_to=None,
    ),
)
PROBLEMS = (
    problem(
        409,
        "price_overlaps",
        "Another price holds by then",
        "A price ends where the next begins, and `detail` says since when there is a later one; or "
        "somebody else set one at the same moment. Look at `GET /api/v1/analytics/prices`.",
        "another price holds from 2026-12-01T00:00:00+00:00",
    ),
    problem(
        422,
        "invalid_price",
        "This is not a price",
        "1000 tokens cost between 0 and 1000000, with up to 10 decimal places.",
        "1000 tokens cost between 0 and 1000000",
    ),
    problem(
        422,
        "invalid_validity",
        "A price does not change the past",
        "What was charged already keeps its price. Leave `valid_from` out, or name a time "
        "within the year to come.",
        "a price holds from now on, or from a time within a year",
    ),
    problem(
        429,
        "budget_exceeded",
        "The budget for models is used up",
        "Your account may ask models so often in a minute and in a day, and for so much money in a "
        "month; `detail` says which of them it was, and `Retry-After` when there is room again.",
        "100 a day are allowed; there is room again at 2026-11-22T00:00:00+00:00",
    ),
)
