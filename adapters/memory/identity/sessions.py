from copy import deepcopy
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from adapters.memory.store import Store
from application.identity.views import SessionView
from application.shared.page import Page, PageRequest
from domain.identity.session import RefreshToken, Session, SessionId
from domain.identity.user import User
from domain.shared.errors import NotFound
from domain.shared.ids import UserId


class MemorySessions:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, session: Session) -> None:
        self._store.table(Session)[session.id, session.id] = deepcopy(session)

    async def get(self, session_id: SessionId) -> Session:
        session = self._store.table(Session).get((session_id, session_id))
        if session is None or not self._welcome(session.user_id):
            raise NotFound("there is no such session")
        return deepcopy(session)

    async def rotate(
        self, presented: RefreshToken, successor: RefreshToken, at: datetime, idle_until: datetime
    ) -> bool:
        session = self._store.table(Session).get((presented.session_id, presented.session_id))
        if session is None or session.token_hash != presented.hash or not session.alive(at):
            return False
        session.parent_hash, session.token_hash = session.token_hash, successor.hash
        session.counter, session.rotated_at, session.idle_until = successor.counter, at, idle_until
        return True

    async def revoke(
        self, user_id: UserId, session_id: SessionId, at: datetime, reason: str
    ) -> bool:
        session = self._store.table(Session).get((session_id, session_id))
        if session is None or session.user_id != user_id or session.revoked_at is not None:
            return False
        session.revoked_at, session.revoked_reason = at, reason
        return True

    async def revoke_all(
        self, user_id: UserId, at: datetime, reason: str, but: SessionId | None = None
    ) -> None:
        for session in self._store.table(Session).values():
            if session.id != but:
                await self.revoke(user_id, session.id, at, reason)

    def _welcome(self, user_id: UserId) -> bool:
        user = self._store.table(User).get((user_id, user_id))
        return user is not None and user.is_active and user.deleted_at is None


class MemorySessionReader:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def page(
        self, user_id: UserId, current: UUID | None, at: datetime, request: PageRequest
    ) -> Page[SessionView]:
        sessions = self._store.table(Session).values()
        live = [s for s in sessions if s.user_id == user_id and s.alive(at)]
        older = [s for s in live if request.after is None or s.id < request.after]
        newest = sorted(older, key=lambda s: s.id, reverse=True)[: request.size + 1]
        return Page.cut([_view(s, current) for s in newest], request.size, key=attrgetter("id"))


def _view(session: Session, current: UUID | None) -> SessionView:
    shown = {n: getattr(session, n) for n in SessionView.__struct_fields__ if n != "current"}
    return SessionView(**shown, current=session.id == current)
