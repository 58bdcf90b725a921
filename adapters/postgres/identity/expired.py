from datetime import datetime

from sqlalchemy import BindParameter, bindparam, delete

from adapters.postgres.database import Database, Statement
from adapters.postgres.tables.identity import login_failures, one_time_tokens, rate_limits

_BEFORE: BindParameter[datetime] = bindparam("before")
_REMOVE = tuple(
    Statement(delete(table).where(when < _BEFORE).returning(when))
    for table, when in (
        (one_time_tokens, one_time_tokens.c.expires_at),
        (login_failures, login_failures.c.last_at),
        (rate_limits, rate_limits.c.since),
    )
)


class PostgresExpired:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def remove(self, before: datetime) -> int:
        gone = [await self._database.rows(one, {"before": before}) for one in _REMOVE]
        return sum(map(len, gone))
