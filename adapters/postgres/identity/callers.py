from datetime import timedelta

from sqlalchemy import bindparam, select, update

from adapters.postgres.database import Database, Statement
from adapters.postgres.tables.identity import api_keys, sessions, users
from application.identity.ports import Caller, Tokens
from application.identity.views import UserView
from application.shared.actor import EVERYTHING_OWN, Actor, Scope
from application.shared.ports import Clock
from domain.identity.api_key import PREFIX, parse_key
from domain.identity.user import FREE, AccountInactive
from domain.shared.errors import Unauthenticated

_MINUTE = timedelta(minutes=1)
_alive = (sessions.c.revoked_at.is_(None), sessions.c.idle_until > bindparam("at"))
_expires = users.c.subscription_expires_at
_is_premium = (users.c.subscription_tier != FREE) & (
    _expires.is_(None) | (_expires > bindparam("at"))
)
_view = [
    _is_premium if name == "is_premium" else users.c[name] for name in UserView.__struct_fields__
]
_CALLER = Statement(
    select(*_view)
    .select_from(sessions.join(users, users.c.id == sessions.c.user_id))
    .where(sessions.c.id == bindparam("session"), users.c.id == bindparam("user"))
    .where(*_alive, users.c.deleted_at.is_(None))
)
_k = api_keys.c
_of_key = (_k.id == bindparam("key"), _k.hash == bindparam("hash"), _k.revoked_at.is_(None))
# When it was last used is told to the minute: not every request has to write.
_used = (
    update(api_keys)
    .where(*_of_key)
    .where(_k.last_used_at.is_(None) | (_k.last_used_at <= bindparam("a_minute_ago")))
    .values(last_used_at=bindparam("at"))
)
_KEY_CALLER = Statement(
    select(_k.scopes, *_view)
    .select_from(api_keys.join(users, users.c.id == _k.user_id))
    .where(*_of_key, _k.expires_at > bindparam("at"), users.c.deleted_at.is_(None))
    .add_cte(_used.cte("used"))
)


class PostgresCallers:
    def __init__(self, database: Database, tokens: Tokens, clock: Clock) -> None:
        self._database, self._tokens, self._clock = database, tokens, clock

    async def caller(self, token: str) -> Caller:
        if token.startswith(PREFIX):
            return await self._of_key(token)
        claims = await self._tokens.read(token)
        values = {
            "session": claims.session_id,
            "user": claims.user_id,
            "at": self._clock.now(),
        }
        row = await self._database.row(_CALLER, values)
        if row is None:
            raise Unauthenticated("this session has ended")
        user = _active(UserView(*row))
        scopes = EVERYTHING_OWN | {Scope.ADMIN} if user.is_admin else EVERYTHING_OWN
        return Caller(Actor(user.id, scopes, claims.session_id), user)

    async def _of_key(self, token: str) -> Caller:
        presented = parse_key(token)
        now = self._clock.now()
        values = {"key": presented.id, "hash": presented.hash, "at": now}
        values["a_minute_ago"] = now - _MINUTE
        row = await self._database.row(_KEY_CALLER, values)
        if row is None:
            raise Unauthenticated("this API key is not valid any more")
        scopes, *view = row
        user = _active(UserView(*view))
        return Caller(Actor(user.id, frozenset(map(Scope, scopes))), user)


def _active(user: UserView) -> UserView:
    if not user.is_active:
        raise AccountInactive("this account is not active")
    return user
