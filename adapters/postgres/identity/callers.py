from sqlalchemy import bindparam, select

from adapters.postgres.database import Database, Statement
from adapters.postgres.tables.identity import sessions, users
from application.identity.ports import Caller, Tokens
from application.identity.views import UserView
from application.shared.actor import EVERYTHING_OWN, Actor, Scope
from application.shared.ports import Clock
from domain.identity.user import FREE, AccountInactive
from domain.shared.errors import Unauthenticated

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


class PostgresCallers:
    def __init__(self, database: Database, tokens: Tokens, clock: Clock) -> None:
        self._database, self._tokens, self._clock = database, tokens, clock

    async def caller(self, token: str) -> Caller:
        claims = await self._tokens.read(token)
        values = {
            "session": claims.session_id,
            "user": claims.user_id,
            "at": self._clock.now(),
        }
        row = await self._database.row(_CALLER, values)
        if row is None:
            raise Unauthenticated("this session has ended")
        user = UserView(*row)
        if not user.is_active:
            raise AccountInactive("this account is not active")
        scopes = EVERYTHING_OWN | {Scope.ADMIN} if user.is_admin else EVERYTHING_OWN
        return Caller(Actor(user.id, scopes, claims.session_id), user)
