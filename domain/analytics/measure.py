"""What is counted of a user's time: sums of what happened in it, which add up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain.analytics.activity import Activity, ActivityKind, ActivityStatus
from domain.analytics.usage import ANSWERING, Charge, UsageStatus
from domain.shared.tokens import Tokens

QUARTER = timedelta(minutes=15)  # a bucket: every zone's day begins with one
SAMPLES = 20  # fewer say nothing about the slowest twentieth
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FAILED = (UsageStatus.ERROR, UsageStatus.TIMEOUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures(Tokens):
    """A query is one answer, however many attempts it took: the last decides what became of it, and
    when. Those that were stopped neither succeeded nor failed. `response_ms` are those of the
    successful ones, from the question to the end."""

    calls: int = 0
    unpriced_calls: int = 0
    queries: int = 0
    successful_queries: int = 0
    failed_queries: int = 0
    response_ms: int = 0
    cost: Decimal = Decimal(0)
    documents_uploaded: int = 0
    documents_analyzed: int = 0
    document_bytes: int = 0
    executions: int = 0
    executions_completed: int = 0
    executions_failed: int = 0
    execution_ms: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """A charge as it is counted: whether it is the `last` of its query."""

    charge: Charge
    last: bool


NOTHING = Measures()


def measured(attempts: Iterable[Attempt], activities: Iterable[Activity]) -> Measures:
    return total([*map(_of_attempt, attempts), *map(_of_activity, activities)])


def total(parts: Sequence[Measures]) -> Measures:
    """Everything in `parts`, together."""
    names = (field.name for field in fields(Measures))
    return Measures(
        **{name: sum((getattr(p, name) for p in parts), getattr(NOTHING, name)) for name in names}
    )


def bucket_of(at: datetime) -> datetime:
    """When the quarter of an hour began in which something happened."""
    return at.astimezone(UTC) - (at - _EPOCH) % QUARTER


def percentile(samples: Sequence[int], percent: int, least: int = 1) -> int | None:
    """The smallest sample that at least `percent` of them do not exceed; None when there are fewer
    than `least`."""
    if len(samples) < least:
        return None
    return sorted(samples)[-(-percent * len(samples) // 100) - 1]


def _of_attempt(attempt: Attempt) -> Measures:
    event, cost = attempt.charge.event, attempt.charge.cost
    query = attempt.last and event.feature in ANSWERING
    successful = query and event.status is UsageStatus.OK
    return Measures(
        calls=1,
        unpriced_calls=int(cost is None),
        queries=int(query),
        successful_queries=int(successful),
        failed_queries=int(query and event.status in _FAILED),
        response_ms=event.response_ms if successful else 0,
        input_tokens=event.input_tokens,
        cached_input_tokens=event.cached_input_tokens,
        output_tokens=event.output_tokens,
        reasoning_tokens=event.reasoning_tokens,
        cost=cost or Decimal(0),
    )


def _of_activity(activity: Activity) -> Measures:
    completed = activity.status is ActivityStatus.COMPLETED
    match activity.action:
        case ActivityKind.UPLOAD:
            return Measures(documents_uploaded=1, document_bytes=activity.bytes)
        case ActivityKind.ANALYSIS:
            return Measures(documents_analyzed=int(completed))
        case ActivityKind.EXECUTION:
            return Measures(
                executions=1,
                executions_completed=int(completed),
                executions_failed=int(activity.status is ActivityStatus.FAILED),
                execution_ms=(activity.took_ms or 0) if completed else 0,
            )
        case _:
            return Measures()
