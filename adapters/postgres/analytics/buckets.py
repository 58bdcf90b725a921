from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BindParameter, DateTime, bindparam, cast, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.database import Database, Statement
from adapters.postgres.tables.analytics import dirty_buckets, usage_buckets
from domain.analytics.measure import NOTHING, Measures
from domain.shared.ids import UserId

BATCH = 16  # that one transaction counts again

_b, _d = usage_buckets.c, dirty_buckets.c
_owner: BindParameter[Any] = bindparam("owner")
_MEASURES = tuple(field.name for field in fields(Measures))

# A mark that is there is written as it is, which locks it: it is not taken before the transaction
# that marked has ended, and what it wrote can be seen.
_mark = insert(dirty_buckets)
_MARK = Statement(
    _mark.on_conflict_do_update(
        index_elements=[_d.user_id, _d.start], set_={"start": _mark.excluded.start}
    ),
    ("user_id", "start"),
)
_marked = (
    select(_d.start)
    .where(_d.user_id == _owner)
    .order_by(_d.start)
    .limit(BATCH)
    .with_for_update(skip_locked=True)
    .cte("marked")
)
_TAKE = Statement(
    delete(dirty_buckets)
    .where(_d.user_id == _owner, _d.start == _marked.c.start)
    .returning(_d.start)
)
_put = insert(usage_buckets)
_PUT = Statement(
    _put.on_conflict_do_update(
        index_elements=[_b.user_id, _b.start],
        set_={name: _put.excluded[name] for name in _MEASURES},
    ),
    ("user_id", "start", *_MEASURES),
)
_bounds: BindParameter[Any] = bindparam("bounds", type_=ARRAY(DateTime(timezone=True)))
_place = func.width_bucket(_b.start, _bounds).label("place")
_SUMS = Statement(
    select(_place, *(cast(func.sum(_b[n]), _b[n].type).label(n) for n in _MEASURES))
    .where(_b.user_id == _owner, _b.start >= bindparam("since"), _b.start < bindparam("until"))
    .group_by(_place)
)


class PostgresBuckets:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def mark(self, owner: UserId, starts: Iterable[datetime]) -> None:
        values = [{"user_id": owner, "start": start} for start in starts]
        await self._database.each(_MARK, values, owner=owner)

    async def take(self, owner: UserId) -> list[datetime]:
        rows = await self._database.rows(_TAKE, {"owner": owner}, owner=owner)
        return [row["start"] for row in rows]

    async def put(self, owner: UserId, start: datetime, measures: Measures) -> None:
        values = {"user_id": owner, "start": start, **asdict(measures)}
        await self._database.row(_PUT, values, owner=owner)

    async def sums(self, owner: UserId, bounds: Sequence[datetime]) -> list[Measures]:
        values = {"owner": owner, "bounds": bounds, "since": bounds[0], "until": bounds[-1]}
        rows = await self._database.rows(_SUMS, values, owner=owner)
        found = {row["place"]: Measures(**{n: row[n] for n in _MEASURES}) for row in rows}
        return [found.get(place, NOTHING) for place in range(1, len(bounds))]
