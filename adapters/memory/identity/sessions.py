from copy import deepcopy
from datetime import datetime

from adapters.memory.store import Store
from domain.identity.session import RefreshToken, Session, SessionId
from domain.shared.errors import NotFound
from domain.shared.ids import UserId


class MemorySessions:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, session: Session) -> None:
        self._store.table(Session)[session.id, session.id] = deepcopy(session)

    async def get(self, session_id: SessionId) -> Session:
        try:
            return deepcopy(self._store.table(Session)[session_id, session_id])
        except KeyError:
            raise NotFound("there is no such session") from None

    async def rotate(
        self, presented: RefreshToken, successor: RefreshToken, at: datetime, idle_until: datetime
    ) -> bool:
        session = self._store.table(Session).get((presented.session_id, presented.session_id))
        if session is None or session.token_hash != presented.hash or not _alive(session, at):
            return False
        session.parent_hash, session.token_hash = session.token_hash, successor.hash
        session.counter, session.rotated_at, session.idle_until = successor.counter, at, idle_until
        return True

    async def revoke(
        self, user_id: UserId, session_id: SessionId, at: datetime, reason: str
    ) -> None:
        session = self._store.table(Session).get((session_id, session_id))
        if session and session.user_id == user_id and session.revoked_at is None:
            session.revoked_at, session.revoked_reason = at, reason

    async def revoke_all(
        self, user_id: UserId, at: datetime, reason: str, but: SessionId | None = None
    ) -> None:
        for session in self._store.table(Session).values():
            if session.id != but:
                await self.revoke(user_id, session.id, at, reason)


def _alive(session: Session, at: datetime) -> bool:
    return session.revoked_at is None and session.idle_until > at
