from datetime import datetime

from adapters.memory.store import Store
from application.identity.ports import Caller, Tokens
from application.identity.views import user_view
from application.shared.actor import EVERYTHING_OWN, Actor, Scope
from application.shared.ports import Clock
from domain.identity.session import Session
from domain.identity.user import AccountInactive, User
from domain.shared.errors import Unauthenticated


class MemoryCallers:
    def __init__(self, store: Store, tokens: Tokens, clock: Clock) -> None:
        self._store, self._tokens, self._clock = store, tokens, clock

    async def caller(self, token: str) -> Caller:
        claims = await self._tokens.read(token)
        session = self._store.table(Session).get((claims.session_id, claims.session_id))
        user = self._store.table(User).get((claims.user_id, claims.user_id))
        if session is None or user is None or session.user_id != user.id or user.deleted_at:
            raise Unauthenticated("this session has ended")
        now = self._clock.now()
        if not _alive(session, now):
            raise Unauthenticated("this session has ended")
        if not user.is_active:
            raise AccountInactive("this account is not active")
        scopes = EVERYTHING_OWN | {Scope.ADMIN} if user.is_admin else EVERYTHING_OWN
        return Caller(Actor(user.id, scopes, claims.session_id), user_view(user, now))


def _alive(session: Session, at: datetime) -> bool:
    return session.revoked_at is None and session.idle_until > at
