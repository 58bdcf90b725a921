from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from adapters.memory.store import Store
from application.analytics.views import Spending
from domain.analytics.activity import Activity
from domain.analytics.measure import Attempt, Measures, total
from domain.analytics.usage import ANSWERING, Charge, UsageEvent, UsageStatus
from domain.shared.ids import DocumentId, UserId


@dataclass(frozen=True, slots=True)
class Bucket:
    start: datetime
    measures: Measures


@dataclass(frozen=True, slots=True)
class Mark:
    start: datetime


class MemoryActivities:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, activity: Activity) -> bool:
        key = activity.user_id, activity.id
        return self._store.table(Activity).setdefault(key, activity) is activity

    async def forget(self, owner: UserId, document_id: DocumentId) -> list[datetime]:
        table = self._store.table(Activity)
        gone = [
            one for one in table.values() if (one.user_id, one.document_id) == (owner, document_id)
        ]
        for activity in gone:
            del table[owner, activity.id]
        return [activity.at for activity in gone]


class MemoryBuckets:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def mark(self, owner: UserId, starts: Iterable[datetime]) -> None:
        self._store.table(Mark).update({(owner, _key(start)): Mark(start) for start in starts})

    async def take(self, owner: UserId) -> list[datetime]:
        table = self._store.table(Mark)
        taken = {key: mark.start for key, mark in table.items() if key[0] == owner}
        for key in taken:
            del table[key]
        return sorted(taken.values())

    async def put(self, owner: UserId, start: datetime, measures: Measures) -> None:
        self._store.table(Bucket)[owner, _key(start)] = Bucket(start, measures)

    async def sums(self, owner: UserId, bounds: Sequence[datetime]) -> list[Measures]:
        parts: defaultdict[int, list[Measures]] = defaultdict(list)
        for key, bucket in self._store.table(Bucket).items():
            if key[0] == owner:
                parts[bisect_right(bounds, bucket.start)].append(bucket.measures)
        return [total(parts[place]) for place in range(1, len(bounds))]


class MemoryUsageReader:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def attempts(self, owner: UserId, since: datetime, until: datetime) -> list[Attempt]:
        return [one for one in self._attempts(owner) if since <= _began(one) < until]

    async def activities(self, owner: UserId, since: datetime, until: datetime) -> list[Activity]:
        return [one for one in self._activities(owner) if since <= one.at < until]

    async def response_times(self, owner: UserId, since: datetime, until: datetime) -> list[int]:
        answers = [one.charge.event for one in self._answers(owner) if since <= _began(one) < until]
        return [event.response_ms for event in answers if event.status is UsageStatus.OK]

    async def spending(self, owner: UserId, since: datetime, until: datetime) -> list[Spending]:
        groups: defaultdict[tuple[object, ...], list[Charge]] = defaultdict(list)
        for attempt in await self.attempts(owner, since, until):
            event = attempt.charge.event
            key = event.provider, event.model_used, event.feature, event.conversation_id
            groups[key].append(attempt.charge)
        return [_spending(charges) for charges in groups.values()]

    async def answers(self, owner: UserId, limit: int) -> list[UsageEvent]:
        return [attempt.charge.event for attempt in self._answers(owner)[::-1][:limit]]

    async def newest(self, owner: UserId, limit: int) -> list[Activity]:
        return self._activities(owner)[::-1][:limit]

    def _attempts(self, owner: UserId) -> list[Attempt]:
        charges = [one for one in self._store.table(Charge).values() if one.event.user_id == owner]
        charges.sort(key=lambda one: (one.event.started_at, one.event.id))
        last = {one.event.message_id or one.event.id: one for one in charges}
        return [Attempt(one, last[one.event.message_id or one.event.id] is one) for one in charges]

    def _answers(self, owner: UserId) -> list[Attempt]:
        attempts = self._attempts(owner)
        return [one for one in attempts if one.last and one.charge.event.feature in ANSWERING]

    def _activities(self, owner: UserId) -> list[Activity]:
        mine = [one for one in self._store.table(Activity).values() if one.user_id == owner]
        return sorted(mine, key=lambda one: (one.at, one.id))


def _key(start: datetime) -> UUID:
    """The store's keys are two ids."""
    return UUID(int=int(start.astimezone(UTC).timestamp()))


def _began(attempt: Attempt) -> datetime:
    return attempt.charge.event.started_at


def _spending(charges: list[Charge]) -> Spending:
    event = charges[0].event
    return Spending(
        provider=event.provider,
        model=event.model_used,
        feature=event.feature,
        conversation_id=event.conversation_id,
        calls=len(charges),
        total_tokens=sum(charge.event.total_tokens for charge in charges),
        cost=sum((charge.cost or Decimal(0) for charge in charges), Decimal(0)),
        unpriced_calls=sum(charge.cost is None for charge in charges),
    )
