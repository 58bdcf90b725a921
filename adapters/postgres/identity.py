from datetime import datetime

import asyncpg
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.postgres.database import Database, Statement
from adapters.postgres.rows import values_of
from adapters.postgres.tables.identity import sessions, signing_keys, users
from application.identity.ports import Caller, SigningKey, Tokens
from application.identity.views import UserView
from application.shared.actor import EVERYTHING_OWN, Actor, Scope
from application.shared.ports import Clock
from domain.identity.session import RefreshToken, Session, SessionId
from domain.identity.user import AccountInactive, Email, EmailTaken, User
from domain.shared.errors import NotFound, Unauthenticated
from domain.shared.ids import UserId

_USER = tuple(users.c.keys())
_ADD_USER = Statement(insert(users), _USER)
_live = select(users).where(users.c.deleted_at.is_(None))
_LOCK_USER = Statement(_live.where(users.c.id == bindparam("id")).with_for_update())
_BY_EMAIL = Statement(_live.where(users.c.email == bindparam("email")))
_SAVE_USER = Statement(update(users).where(users.c.id == bindparam("key")), _USER)

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
_REVOKE = Statement(
    update(sessions)
    .where(sessions.c.id == bindparam("key"), sessions.c.user_id == bindparam("owner"))
    .where(sessions.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"), revoked_reason=bindparam("reason"))
)
_view = [users.c[name] for name in UserView.__struct_fields__]
_CALLER = Statement(
    select(*_view)
    .select_from(sessions.join(users, users.c.id == sessions.c.user_id))
    .where(sessions.c.id == bindparam("session"), users.c.id == bindparam("user"))
    .where(*_alive, users.c.deleted_at.is_(None))
)
_key = (signing_keys.c.kid, signing_keys.c.public_jwk, signing_keys.c.private_key)
_KEYS = Statement(select(*_key).order_by(signing_keys.c.state, signing_keys.c.created_at))
_ADD_KEY = Statement(upsert(signing_keys).on_conflict_do_nothing(), tuple(signing_keys.c.keys()))


class PostgresUsers:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, user: User) -> None:
        try:
            await self._database.row(_ADD_USER, values_of(user, _USER))
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name == "users_email_key":
                raise EmailTaken("this e-mail has an account already") from None
            raise

    async def get(self, user_id: UserId) -> User:
        row = await self._database.row(_LOCK_USER, {"id": user_id})
        if row is None:
            raise NotFound("there is no such user")
        return User(**row)

    async def by_email(self, address: Email) -> User | None:
        row = await self._database.row(_BY_EMAIL, {"email": address})
        return User(**row) if row else None

    async def save(self, user: User) -> None:
        await self._database.row(_SAVE_USER, values_of(user, _USER) | {"key": user.id})


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


class PostgresCallers:
    def __init__(self, database: Database, tokens: Tokens, clock: Clock) -> None:
        self._database, self._tokens, self._clock = database, tokens, clock

    async def caller(self, token: str) -> Caller:
        claims = self._tokens.read(token)
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


class PostgresSigningKeys:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[SigningKey]:
        return [SigningKey(*row) for row in await self._database.rows(_KEYS)]

    async def add_first(self, key: SigningKey, at: datetime) -> None:
        values = {
            "kid": key.kid,
            "algorithm": "ES256",
            "public_jwk": key.public_jwk,
            "private_key": key.private_key,
            "state": "active",
            "created_at": at,
        }
        await self._database.row(_ADD_KEY, values)
