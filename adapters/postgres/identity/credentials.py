from datetime import datetime

from sqlalchemy import bindparam, update

from adapters.postgres.database import Database, Statement
from adapters.postgres.tables.identity import api_keys, one_time_tokens, sessions
from domain.shared.ids import UserId

_REVOKE = (
    Statement(
        update(sessions)
        .where(sessions.c.user_id == bindparam("owner"), sessions.c.revoked_at.is_(None))
        .values(revoked_at=bindparam("at"), revoked_reason=bindparam("reason"))
    ),
    Statement(
        update(api_keys)
        .where(api_keys.c.user_id == bindparam("owner"), api_keys.c.revoked_at.is_(None))
        .values(revoked_at=bindparam("at"))
    ),
    Statement(
        update(one_time_tokens)
        .where(one_time_tokens.c.user_id == bindparam("owner"))
        .where(one_time_tokens.c.used_at.is_(None))
        .values(used_at=bindparam("at"))
    ),
)


class PostgresCredentials:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def revoke(self, user_id: UserId, at: datetime, reason: str) -> None:
        values = {"owner": user_id, "at": at, "reason": reason}
        for statement in _REVOKE:
            await self._database.row(statement, values)
