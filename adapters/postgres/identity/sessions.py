from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from adapters.postgres.database import Database, Statement
from adapters.postgres.rows import values_of
from adapters.postgres.tables.identity import sessions
from domain.identity.session import RefreshToken, Session, SessionId
from domain.shared.errors import NotFound
from domain.shared.ids import UserId

_SESSION = tuple(sessions.c.keys())
_ADD_SESSION = Statement(insert(sessions), _SESSION)
_GET_SESSION = Statement(select(sessions).where(sessions.c.id == bindparam("id")))
_alive = (sessions.c.revoked_at.is_(None), sessions.c.idle_until > bindparam("at"))
_ROTATE = Statement(
    update(sessions)
    .where(sessions.c.id == bindparam("key"), sessions.c.token_hash == bindparam("presented"))
    .where(*_alive)
    .values(
        counter=bindparam("counter"),
        token_hash=bindparam("successor"),
        parent_hash=sessions.c.token_hash,
        rotated_at=bindparam("at"),
        idle_until=bindparam("until"),
    )
    .returning(sessions.c.id)
)
_revoke = (
    update(sessions)
    .where(sessions.c.user_id == bindparam("owner"), sessions.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"), revoked_reason=bindparam("reason"))
)
_REVOKE = Statement(_revoke.where(sessions.c.id == bindparam("key")))
_REVOKE_ALL = Statement(_revoke.where(sessions.c.id.is_distinct_from(bindparam("but"))))


class PostgresSessions:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, session: Session) -> None:
        await self._database.row(_ADD_SESSION, values_of(session, _SESSION))

    async def get(self, session_id: SessionId) -> Session:
        row = await self._database.row(_GET_SESSION, {"id": session_id})
        if row is None:
            raise NotFound("there is no such session")
        return Session(**row)

    async def rotate(
        self, presented: RefreshToken, successor: RefreshToken, at: datetime, idle_until: datetime
    ) -> bool:
        values = {
            "key": presented.session_id,
            "presented": presented.hash,
            "successor": successor.hash,
            "counter": successor.counter,
            "at": at,
            "until": idle_until,
        }
        return await self._database.row(_ROTATE, values) is not None

    async def revoke(
        self, user_id: UserId, session_id: SessionId, at: datetime, reason: str
    ) -> None:
        values = {"key": session_id, "owner": user_id, "at": at, "reason": reason}
        await self._database.row(_REVOKE, values)

    async def revoke_all(
        self, user_id: UserId, at: datetime, reason: str, but: SessionId | None = None
    ) -> None:
        values = {"owner": user_id, "at": at, "reason": reason, "but": but}
        await self._database.row(_REVOKE_ALL, values)
