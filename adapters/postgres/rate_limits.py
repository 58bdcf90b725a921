from datetime import datetime, timedelta

from sqlalchemy import bindparam, case, select
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.database import Database, Statement
from adapters.postgres.tables.identity import rate_limits
from application.shared.limits import Usage
from domain.shared.errors import Busy

_r = rate_limits.c
_over = _r.since <= bindparam("horizon")
_new = insert(rate_limits)
_COUNT = Statement(
    _new.on_conflict_do_update(
        index_elements=[_r.bucket],
        set_={
            "since": case((_over, _new.excluded.since), else_=_r.since),
            "count": case((_over, 1), else_=_r.count + 1),
        },
    ).returning(_r.count, _r.since),
    ("bucket", "since", "count"),
)


_CHECK = Statement(
    select(_r.count, _r.since).where(
        _r.bucket == bindparam("key"),
        _r.since > bindparam("horizon"),
        _r.count >= bindparam("most"),
    )
)


class PostgresRateLimits:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, bucket: str, limit: int, window: timedelta, at: datetime) -> Usage:
        values = {"bucket": bucket, "since": at, "count": 1, "horizon": at - window}
        (row,) = await self._database.rows(_COUNT, values)
        renews_in = row["since"] + window - at
        if row["count"] > limit:
            raise Busy("too many requests", renews_in)
        return Usage(row["count"], renews_in)

    async def check(self, bucket: str, limit: int, window: timedelta, at: datetime) -> None:
        values = {"key": bucket, "horizon": at - window, "most": limit}
        if row := await self._database.row(_CHECK, values):
            raise Busy("too many requests", row["since"] + window - at)
