from datetime import timedelta

from adapters.memory.store import Store
from application.identity.ports import Caller, Tokens
from application.identity.views import user_view
from application.shared.actor import EVERYTHING_OWN, Actor, Scope
from application.shared.ports import Clock
from domain.identity.api_key import PREFIX, ApiKey, parse_key
from domain.identity.session import Session
from domain.identity.user import AccountInactive, User
from domain.shared.errors import Unauthenticated


class MemoryCallers:
    def __init__(self, store: Store, tokens: Tokens, clock: Clock) -> None:
        self._store, self._tokens, self._clock = store, tokens, clock

    async def caller(self, token: str) -> Caller:
        if token.startswith(PREFIX):
            return self._of_key(token)
        claims = await self._tokens.read(token)
        session = self._store.table(Session).get((claims.session_id, claims.session_id))
        user = self._store.table(User).get((claims.user_id, claims.user_id))
        if session is None or user is None or session.user_id != user.id or user.deleted_at:
            raise Unauthenticated("this session has ended")
        now = self._clock.now()
        if not session.alive(now):
            raise Unauthenticated("this session has ended")
        _check_active(user)
        scopes = EVERYTHING_OWN | {Scope.ADMIN} if user.is_admin else EVERYTHING_OWN
        return Caller(Actor(user.id, scopes, claims.session_id), user_view(user, now))

    def _of_key(self, token: str) -> Caller:
        presented, now = parse_key(token), self._clock.now()
        key = self._store.table(ApiKey).get((presented.id, presented.id))
        if key is None or key.hash != presented.hash or key.revoked_at or key.expires_at <= now:
            raise Unauthenticated("this API key is not valid any more")
        user = self._store.table(User)[key.user_id, key.user_id]
        if user.deleted_at:
            raise Unauthenticated("this API key is not valid any more")
        _check_active(user)
        if key.last_used_at is None or now - key.last_used_at >= timedelta(minutes=1):
            key.last_used_at = now
        scopes = frozenset(map(Scope, key.scopes))
        return Caller(Actor(user.id, scopes), user_view(user, now))


def _check_active(user: User) -> None:
    if not user.is_active:
        raise AccountInactive("this account is not active")
