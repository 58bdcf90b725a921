from datetime import datetime
from operator import attrgetter
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, update

from adapters.postgres.database import Database, Statement
from adapters.postgres.rows import values_of
from adapters.postgres.tables.identity import sessions, users
from application.identity.views import SessionView
from application.shared.page import Page, PageRequest
from domain.identity.session import RefreshToken, Session, SessionId
from domain.shared.errors import NotFound
from domain.shared.ids import UserId

_SESSION = tuple(sessions.c.keys())
_ADD_SESSION = Statement(insert(sessions), _SESSION)
_GET_SESSION = Statement(
    select(sessions)
    .join_from(sessions, users)
    .where(sessions.c.id == bindparam("id"), users.c.is_active, users.c.deleted_at.is_(None))
)
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
_REVOKE = Statement(_revoke.where(sessions.c.id == bindparam("key")).returning(sessions.c.id))
_REVOKE_ALL = Statement(_revoke.where(sessions.c.id.is_distinct_from(bindparam("but"))))
_last_used_at = func.coalesce(sessions.c.rotated_at, sessions.c.created_at)
_current = sessions.c.id.is_not_distinct_from(bindparam("current"))
_columns = {**sessions.c, "last_used_at": _last_used_at, "current": _current}
_page = (
    select(*(_columns[name] for name in SessionView.__struct_fields__))
    .where(sessions.c.user_id == bindparam("owner"), *_alive)
    .order_by(sessions.c.id.desc())
    .limit(bindparam("limit"))
)
_NEWEST = Statement(_page)
_OLDER = Statement(_page.where(sessions.c.id < bindparam("after")))


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
    ) -> bool:
        values = {"key": session_id, "owner": user_id, "at": at, "reason": reason}
        return await self._database.row(_REVOKE, values) is not None

    async def revoke_all(
        self, user_id: UserId, at: datetime, reason: str, but: SessionId | None = None
    ) -> None:
        values = {"owner": user_id, "at": at, "reason": reason, "but": but}
        await self._database.row(_REVOKE_ALL, values)


class PostgresSessionReader:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, user_id: UserId, current: UUID | None, at: datetime, request: PageRequest
    ) -> Page[SessionView]:
        values = {"owner": user_id, "current": current, "at": at, "limit": request.size + 1}
        statement = _NEWEST if request.after is None else _OLDER
        rows = await self._database.rows(statement, values | {"after": request.after})
        return Page.cut([SessionView(*row) for row in rows], request.size, key=attrgetter("id"))
