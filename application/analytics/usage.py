"""What a user used, on their own days."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec import structs

from application.analytics.ports import Buckets, Subjects, UsageReader, Zones
from application.analytics.views import (
    ActivityView,
    DayView,
    TokensView,
    UsageView,
    WorkflowsView,
    money,
)
from application.shared.actor import Actor, Scope
from application.shared.ports import Clock
from domain.analytics.activity import Activity, ActivityKind, outcome_of
from domain.analytics.days import last_days, next_day, start_of
from domain.analytics.measure import SAMPLES, Measures, measured, percentile, total
from domain.analytics.usage import UsageEvent
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class Period:
    """Days of a user, today the last of them."""

    zone: ZoneInfo
    days: list[date]
    measures: list[Measures]  # of each day

    @property
    def since(self) -> datetime:
        return start_of(self.days[0], self.zone)

    @property
    def until(self) -> datetime:
        return start_of(next_day(self.days[-1]), self.zone)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Counts a user's days: those that are over from the sums of their quarters of an hour, today
    from what happened."""

    zones: Zones
    buckets: Buckets
    reader: UsageReader
    clock: Clock

    async def last(self, owner: UserId, count: int) -> Period:
        zone = await self.zones.of(owner)
        days = last_days(self.clock.now(), count, zone)
        bounds = [start_of(day, zone) for day in days]
        past = await self.buckets.sums(owner, bounds)
        today, tomorrow = bounds[-1], start_of(next_day(days[-1]), zone)
        attempts = await self.reader.attempts(owner, today, tomorrow)
        activities = await self.reader.activities(owner, today, tomorrow)
        return Period(zone, days, [*past, measured(attempts, activities)])


@dataclass(frozen=True, slots=True)
class ShowUsage:
    """Everything that is counted, in sum and day by day."""

    calendar: Calendar
    reader: UsageReader

    async def __call__(self, actor: Actor, days: int) -> UsageView:
        actor.require(Scope.ANALYTICS)
        period = await self.calendar.last(actor.user_id, days)
        # Percentiles do not add up, so they are made of every response time there is.
        times = await self.reader.response_times(actor.user_id, period.since, period.until)
        return _usage(period, times)


@dataclass(frozen=True, slots=True)
class ShowTokens:
    """Day by day, today last."""

    calendar: Calendar

    async def __call__(self, actor: Actor, days: int) -> list[TokensView]:
        actor.require(Scope.ANALYTICS)
        period = await self.calendar.last(actor.user_id, days)
        return [_tokens(*day) for day in zip(period.days, period.measures, strict=True)]


@dataclass(frozen=True, slots=True)
class ShowWorkflows:
    """How executions ended, and how long they took."""

    calendar: Calendar

    async def __call__(self, actor: Actor, days: int) -> WorkflowsView:
        actor.require(Scope.ANALYTICS)
        sums = total((await self.calendar.last(actor.user_id, days)).measures)
        return WorkflowsView(
            period_days=days,
            total_executions=sums.executions,
            completed_executions=sums.executions_completed,
            failed_executions=sums.executions_failed,
            avg_execution_time=_average(sums.execution_ms, sums.executions_completed),
            success_rate=_share(sums.executions_completed, sums.executions),
        )


@dataclass(frozen=True, slots=True)
class ListActivity:
    """What happened last, newest first."""

    reader: UsageReader
    subjects: Subjects

    async def __call__(self, actor: Actor, limit: int) -> list[ActivityView]:
        actor.require(Scope.ANALYTICS)
        answers = await self.reader.answers(actor.user_id, limit)
        activities = await self.reader.newest(actor.user_id, limit)
        entries = [*map(_answer, answers), *map(_entry, activities)]
        entries.sort(key=lambda one: (one.timestamp, one.id), reverse=True)
        return await self._with_documents(actor.user_id, entries[:limit])

    async def _with_documents(
        self, owner: UserId, entries: list[ActivityView]
    ) -> list[ActivityView]:
        """Questions and answers name theirs by their messages."""
        about = await self.subjects.of(owner, [one.message_id for one in entries if one.message_id])
        return [
            structs.replace(one, document_id=about.get(one.message_id)) if one.message_id else one
            for one in entries
        ]


def _usage(period: Period, times: list[int]) -> UsageView:
    sums = total(period.measures)
    return UsageView(
        period_days=len(period.days),
        timezone=period.zone.key,
        total_queries=sums.queries,
        successful_queries=sums.successful_queries,
        failed_queries=sums.failed_queries,
        prompt_tokens=sums.prompt_tokens,
        completion_tokens=sums.completion_tokens,
        total_tokens=sums.total_tokens,
        documents_uploaded=sums.documents_uploaded,
        documents_analyzed=sums.documents_analyzed,
        total_document_size=sums.document_bytes,
        avg_response_time=_average(sums.response_ms, sums.successful_queries),
        p50_response_time=_seconds(percentile(times, 50)),
        p95_response_time=_seconds(percentile(times, 95, SAMPLES)),
        workflows_executed=sums.executions,
        estimated_cost=money(sums.cost),
        unpriced_calls=sums.unpriced_calls,
        daily_breakdown=[_day(*day) for day in zip(period.days, period.measures, strict=True)],
    )


def _day(day: date, sums: Measures) -> DayView:
    return DayView(
        date=day,
        total_queries=sums.queries,
        successful_queries=sums.successful_queries,
        failed_queries=sums.failed_queries,
        prompt_tokens=sums.prompt_tokens,
        completion_tokens=sums.completion_tokens,
        total_tokens=sums.total_tokens,
        documents_uploaded=sums.documents_uploaded,
        documents_analyzed=sums.documents_analyzed,
        avg_response_time=_average(sums.response_ms, sums.successful_queries),
        workflows_executed=sums.executions,
        estimated_cost=money(sums.cost),
        unpriced_calls=sums.unpriced_calls,
    )


def _tokens(day: date, sums: Measures) -> TokensView:
    return TokensView(
        date=day,
        total_tokens=sums.total_tokens,
        prompt_tokens=sums.prompt_tokens,
        cached_tokens=sums.cached_input_tokens,
        completion_tokens=sums.completion_tokens,
        reasoning_tokens=sums.reasoning_tokens,
        cost=money(sums.cost),
        unpriced_calls=sums.unpriced_calls,
    )


def _answer(event: UsageEvent) -> ActivityView:
    return ActivityView(
        id=event.id,
        timestamp=event.started_at,
        action=ActivityKind.ANSWER,
        status=outcome_of(event.status),
        conversation_id=event.conversation_id,
        message_id=event.message_id,
        tokens=event.total_tokens,
        response_time=_seconds(event.response_ms),
    )


def _entry(activity: Activity) -> ActivityView:
    return ActivityView(
        id=activity.id,
        timestamp=activity.at,
        action=activity.action,
        status=activity.status,
        document_id=activity.document_id,
        conversation_id=activity.conversation_id,
        message_id=activity.message_id,
        response_time=_seconds(activity.took_ms),
    )


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / 1000


def _average(ms: int, count: int) -> float | None:
    return round(ms / count / 1000, 3) if count else None


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
