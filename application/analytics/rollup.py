"""Sums of quarters of an hour, made again from what happened, whenever that changes."""

from dataclasses import dataclass

from application.analytics.ports import Buckets, UsageReader
from application.analytics.views import Refreshed
from application.shared.actor import Actor, Scope
from application.shared.ports import Transaction
from domain.analytics.events import BucketsMarked
from domain.analytics.measure import QUARTER, measured
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class Recount:
    """Count what is marked of a user's time, a few quarters of an hour in a transaction: whoever
    writes into one of them waits for it. What changes meanwhile is marked again."""

    buckets: Buckets
    reader: UsageReader
    transaction: Transaction

    async def __call__(self, owner: UserId) -> int:
        """How many quarters of an hour; not those that somebody else is counting."""
        count = 0
        while done := await self._some(owner):
            count += done
        return count

    async def _some(self, owner: UserId) -> int:
        async with self.transaction:
            starts = await self.buckets.take(owner)
            for start in starts:
                attempts = await self.reader.attempts(owner, start, start + QUARTER)
                activities = await self.reader.activities(owner, start, start + QUARTER)
                await self.buckets.put(owner, start, measured(attempts, activities))
        return len(starts)


@dataclass(frozen=True, slots=True)
class RollUp:
    """Follows BucketsMarked."""

    recount: Recount

    async def __call__(self, event: BucketsMarked) -> None:
        await self.recount(event.user_id)


@dataclass(frozen=True, slots=True)
class RefreshAnalytics:
    """Count at once what a worker would have counted soon."""

    recount: Recount

    async def __call__(self, actor: Actor) -> Refreshed:
        actor.require(Scope.ANALYTICS)
        return Refreshed("analytics are up to date", await self.recount(actor.user_id))
