from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from application.analytics.ports import Buckets
from application.shared.ports import Ids, Outbox
from domain.analytics.events import BucketsMarked
from domain.analytics.measure import bucket_of
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class Marking:
    """Inside the transaction that changes what happened: has those moments counted again."""

    buckets: Buckets
    ids: Ids
    outbox: Outbox

    async def __call__(self, owner: UserId, moments: Iterable[datetime]) -> None:
        starts = sorted({bucket_of(at) for at in moments})  # all in one order: nobody deadlocks
        await self.buckets.mark(owner, starts)
        await self.outbox.publish(BucketsMarked(self.ids.next(), owner))
