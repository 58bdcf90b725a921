"""Whatever happens in whatever order, a day's sums are those of what happened in it."""

import asyncio
from collections import defaultdict
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo, available_timezones

from dishka import AsyncContainer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from adapters.postgres.database import Database, Statement
from adapters.postgres.pool import Pool
from application.analytics.exports import Feature, UsageEvent, UsageStatus
from application.analytics.journal import ForgetDocument, Journal
from application.analytics.rollup import Recount
from application.analytics.usage import Calendar, Period
from application.identity.ports import Users
from application.shared.ports import Transaction
from domain.analytics.activity import Activity, ActivityKind, ActivityStatus
from domain.analytics.measure import QUARTER
from domain.knowledge.events import DocumentDeleted
from domain.shared.ids import DocumentId, UserId
from tests.contract.analytics.flows import NOON, an_event, an_owner, settle
from tests.unit.identity.clock import SetClock

DAYS = 7
# Clocks go forward, back, by half an hour, by two, at midnight; a day that Samoa never had.
CHANGES = [
    ("America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ("Africa/Cairo", datetime(2026, 4, 23, 22, tzinfo=UTC)),
    ("Africa/Cairo", datetime(2026, 10, 29, 21, tzinfo=UTC)),
    ("America/Santiago", datetime(2026, 4, 5, 3, tzinfo=UTC)),
    ("America/Santiago", datetime(2026, 9, 6, 4, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
]
ANYWHERE = st.tuples(
    st.sampled_from(sorted(available_timezones())),
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
)
ANSWERS = [UUID(int=n) for n in range(1, 4)]
DOCUMENTS = [DocumentId(UUID(int=n)) for n in range(11, 14)]
COUNTS = st.integers(0, 1000)

OFFSETS = st.timedeltas(timedelta(days=-3), timedelta(days=3))
EVENTS = st.fixed_dictionaries(
    {
        "id": st.uuids(),
        "feature": st.sampled_from(Feature),
        "status": st.sampled_from(UsageStatus),
        "message_id": st.none() | st.sampled_from(ANSWERS),
        "model_asked": st.sampled_from(["gpt-4", "nobody-knows"]),
        "model_used": st.sampled_from(["gpt-4", "gpt-4-0613", "nobody-knows"]),
        "provider": st.sampled_from(["openai", "local"]),
        "queue_ms": COUNTS,
        "total_ms": COUNTS,
        "input_tokens": COUNTS,
        "cached_input_tokens": COUNTS,
        "output_tokens": COUNTS,
        "reasoning_tokens": COUNTS,
    }
)
ACTIVITIES = st.fixed_dictionaries(
    {
        "id": st.uuids(),
        "action": st.sampled_from(
            [ActivityKind.UPLOAD, ActivityKind.ANALYSIS, ActivityKind.EXECUTION]
        ),
        "status": st.sampled_from(ActivityStatus),
        "document_id": st.sampled_from(DOCUMENTS),
        "bytes": COUNTS,
        "took_ms": COUNTS,
    }
)
RECOUNT = "recount"
STEPS = st.lists(
    st.tuples(OFFSETS, EVENTS | ACTIVITIES | st.sampled_from([*DOCUMENTS, RECOUNT])), max_size=12
)


@dataclass
class Life:
    """What happened to a user, kept twice: in a world, and as plain lists."""

    world: AsyncContainer
    owner: UserId
    middle: datetime
    events: dict[UUID, UsageEvent] = field(default_factory=dict)
    activities: dict[UUID, Activity] = field(default_factory=dict)

    async def happen(self, offset: timedelta, step: Any) -> None:
        at = self.middle + offset
        if step == RECOUNT:
            await recount(self.world, self.owner)
        elif isinstance(step, UUID):
            await self._delete(DocumentId(step))
        elif "feature" in step:
            event = an_event(self.owner, started_at=at, **step)
            self.events.setdefault(event.id, event)
            await settle(self.world, event)
        else:
            activity = Activity(user_id=self.owner, at=at, **step)
            self.activities.setdefault(activity.id, activity)
            async with self.world() as request, await request.get(Transaction):
                await (await request.get(Journal)).record(activity)

    async def _delete(self, document: DocumentId) -> None:
        self.activities = {k: a for k, a in self.activities.items() if a.document_id != document}
        async with self.world() as request:
            forget = await request.get(ForgetDocument)
            await forget(DocumentDeleted(uuid4(), self.owner, document))

    def counted(self, zone: ZoneInfo, days: list[date]) -> list[dict[str, Any]]:
        """By brute force: each thing on the day that a calendar there showed."""
        sums: dict[date, defaultdict[str, Any]] = {day: defaultdict(int) for day in days}
        nowhere: defaultdict[str, Any] = defaultdict(int)
        for event in self.events.values():
            self._count(event, sums.get(event.started_at.astimezone(zone).date(), nowhere))
        for activity in self.activities.values():
            count_activity(activity, sums.get(activity.at.astimezone(zone).date(), nowhere))
        return [{name: n for name, n in sums[day].items() if n} for day in days]

    def _count(self, event: UsageEvent, day: defaultdict[str, Any]) -> None:
        cost = cost_of(event)
        day["calls"] += 1
        day["unpriced_calls"] += cost is None
        day["cost"] += cost or 0
        for name in ("input", "cached_input", "output", "reasoning"):
            day[f"{name}_tokens"] += getattr(event, f"{name}_tokens")
        if event.feature not in ("chat", "completions") or not self._is_last(event):
            return
        day["queries"] += 1
        day["failed_queries"] += event.status in ("error", "timeout")
        if event.status == "ok":
            day["successful_queries"] += 1
            day["response_ms"] += event.queue_ms + event.total_ms

    def _is_last(self, event: UsageEvent) -> bool:
        tries = [
            e for e in self.events.values() if e.message_id and e.message_id == event.message_id
        ]
        return event is max([event, *tries], key=lambda e: (e.started_at, e.id))


def cost_of(event: UsageEvent) -> Decimal | None:
    if event.provider == "local":
        return Decimal(0)
    if "gpt-4" not in (event.model_used, event.model_asked) or event.started_at.year < 2020:
        return None
    read = event.input_tokens + event.cached_input_tokens
    written = event.output_tokens + event.reasoning_tokens
    return read * Decimal("0.00003") + written * Decimal("0.00006")


def count_activity(activity: Activity, day: defaultdict[str, Any]) -> None:
    completed = activity.status == "completed"
    if activity.action == "upload":
        day["documents_uploaded"] += 1
        day["document_bytes"] += activity.bytes
    elif activity.action == "analysis":
        day["documents_analyzed"] += completed
    else:
        day["executions"] += 1
        day["executions_completed"] += completed
        day["executions_failed"] += activity.status == "failed"
        day["execution_ms"] += activity.took_ms if completed else 0


async def recount(world: AsyncContainer, owner: UserId) -> int:
    async with world() as request:
        counted: int = await (await request.get(Recount))(owner)
        return counted


async def period(world: AsyncContainer, owner: UserId, now: datetime) -> Period:
    clock = SetClock()
    clock.time = now
    async with world() as request:
        calendar = replace(await request.get(Calendar), clock=clock)
        return await calendar.last(owner, DAYS)


async def move(world: AsyncContainer, owner: UserId, zone: str) -> None:
    async with world() as request, await request.get(Transaction):
        users = await request.get(Users)
        user = await users.get(owner)
        user.timezone = zone
        await users.save(user)


def measures_of(found: Period) -> list[dict[str, Any]]:
    return [{k: v for k, v in asdict(day).items() if v} for day in found.measures]


async def test_a_later_attempt_takes_the_query_along_to_its_own_day(world: AsyncContainer) -> None:
    owner, answer = await an_owner(world), uuid4()
    failed = {"status": UsageStatus.TIMEOUT, "started_at": NOON - timedelta(days=1)}
    await settle(world, an_event(owner, message_id=answer, **failed))
    await recount(world, owner)
    await settle(world, an_event(owner, message_id=answer, started_at=NOON))
    await recount(world, owner)
    yesterday, today = (await period(world, owner, NOON)).measures[-2:]
    assert (yesterday.queries, yesterday.failed_queries, yesterday.calls) == (0, 0, 1)
    assert (today.queries, today.successful_queries, today.calls) == (1, 1, 1)


async def test_everything_that_is_marked_is_counted_however_much_it_is(
    world: AsyncContainer,
) -> None:
    owner, yesterday = await an_owner(world), NOON - timedelta(days=1)
    for n in range(40):
        await settle(world, an_event(owner, started_at=yesterday - n * QUARTER))
    assert await recount(world, owner) == 40
    assert await recount(world, owner) == 0
    assert sum(day.calls for day in (await period(world, owner, NOON)).measures) == 40


async def test_the_days_of_sql_are_those_of_the_calendar(
    postgres: AsyncContainer,
) -> None:
    owner = await an_owner(postgres, zone="America/New_York")
    await settle(postgres, an_event(owner), an_event(owner, started_at=NOON - timedelta(hours=9)))
    await recount(postgres, owner)
    daily = Statement(text("SELECT * FROM user_analytics WHERE user_id = :owner ORDER BY date"))
    rows = await Database(await postgres.get(Pool)).rows(daily, {"owner": owner}, owner=owner)
    found = [(row["date"], row["total_queries"], row["avg_response_time"]) for row in rows]
    assert found == [(date(2026, 3, 9), 1, 1.205), (date(2026, 3, 10), 1, 1.205)]
    assert [row["estimated_cost"] for row in rows] == [Decimal("0.06")] * 2


async def test_the_sessions_of_a_day_are_its_conversations(postgres: AsyncContainer) -> None:
    owner = await an_owner(postgres, zone="America/New_York")
    one, other = uuid4(), uuid4()
    await settle(
        postgres,
        an_event(owner, conversation_id=one, queue_ms=5_000),
        an_event(
            owner, conversation_id=one, started_at=NOON + timedelta(seconds=55), total_ms=5_000
        ),
        an_event(owner, conversation_id=other, queue_ms=0, total_ms=15_000),
        an_event(owner),  # of no conversation
        an_event(owner, started_at=NOON - timedelta(hours=9)),
    )
    await recount(postgres, owner)
    daily = Statement(text("SELECT * FROM user_analytics WHERE user_id = :owner ORDER BY date"))
    rows = await Database(await postgres.get(Pool)).rows(daily, {"owner": owner}, owner=owner)
    found = [(row["date"], row["active_sessions"], row["session_duration"]) for row in rows]
    assert found == [(date(2026, 3, 9), 0, 0), (date(2026, 3, 10), 2, 40)]


async def test_no_quarter_is_lost_when_the_counting_races_the_writing(
    postgres: AsyncContainer,
) -> None:
    owner = await an_owner(postgres)
    events = [an_event(owner, started_at=NOON - timedelta(days=1, seconds=n)) for n in range(60)]
    await asyncio.gather(
        *(settle(postgres, event) for event in events),
        *(recount(postgres, owner) for _ in range(20)),
    )
    await recount(postgres, owner)
    assert (await period(postgres, owner, NOON)).measures[-2].calls == 60


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(place=st.sampled_from(CHANGES) | ANYWHERE, elsewhere=ANYWHERE, steps=STEPS)
async def test_any_events_in_any_zone_are_counted_as_by_hand(
    world: AsyncContainer,
    place: tuple[str, datetime],
    elsewhere: tuple[str, datetime],
    steps: list[tuple[timedelta, Any]],
) -> None:
    zone, middle = place
    owner = await an_owner(world, f"{uuid4()}@example.org", elsewhere[0])
    life = Life(world, owner, middle)
    for offset, step in steps:
        await life.happen(offset, step)
    await recount(world, owner)
    await move(world, owner, zone)
    found = await period(world, owner, middle + timedelta(days=2))
    assert measures_of(found) == life.counted(ZoneInfo(zone), found.days)
