from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import asyncpg
from sqlalchemy import bindparam, delete, insert, select, update

from adapters.postgres.database import Database, Statement
from adapters.postgres.rows import values_of
from adapters.postgres.tables.identity import users
from domain.identity.user import Email, EmailTaken, User
from domain.shared.errors import NotFound
from domain.shared.ids import UserId

_USER = tuple(users.c.keys())
_ADD_USER = Statement(insert(users), _USER)
_live = select(users).where(users.c.deleted_at.is_(None))
_LOCK_USER = Statement(_live.where(users.c.id == bindparam("id")).with_for_update())
_BY_EMAIL = Statement(_live.where(users.c.email == bindparam("email")))
_SAVE_USER = Statement(update(users).where(users.c.id == bindparam("key")), _USER)


_deleted = select(users).where(users.c.deleted_at.is_not(None))
_LOCK_DELETED = Statement(_deleted.where(users.c.id == bindparam("id")).with_for_update())
_DELETED_BEFORE = Statement(
    select(users.c.id)
    .where(users.c.deleted_at <= bindparam("at"))
    .order_by(users.c.deleted_at)
    .limit(bindparam("limit"))
)
_REMOVE_USER = Statement(delete(users).where(users.c.id == bindparam("id")))
# Always in one order: two who take each other's power must not wait for each other for ever.
_LOCK_ADMINS = Statement(
    select(users.c.id)
    .where(users.c.is_admin, users.c.is_active, users.c.deleted_at.is_(None))
    .order_by(users.c.id)
    .with_for_update()
)


class PostgresUsers:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, user: User) -> None:
        with _unique_email():
            await self._database.row(_ADD_USER, values_of(user, _USER))

    async def get(self, user_id: UserId) -> User:
        row = await self._database.row(_LOCK_USER, {"id": user_id})
        if row is None:
            raise NotFound("there is no such user")
        return User(**row)

    async def by_email(self, address: Email) -> User | None:
        row = await self._database.row(_BY_EMAIL, {"email": address})
        return User(**row) if row else None

    async def save(self, user: User) -> None:
        with _unique_email():
            await self._database.row(_SAVE_USER, values_of(user, _USER) | {"key": user.id})

    async def deleted(self, user_id: UserId) -> User:
        row = await self._database.row(_LOCK_DELETED, {"id": user_id})
        if row is None:
            raise NotFound("there is no such deleted user")
        return User(**row)

    async def deleted_before(self, at: datetime, limit: int) -> list[UserId]:
        rows = await self._database.rows(_DELETED_BEFORE, {"at": at, "limit": limit})
        return [UserId(row["id"]) for row in rows]

    async def remove(self, user_id: UserId) -> None:
        await self._database.row(_REMOVE_USER, {"id": user_id})

    async def admins(self) -> list[UserId]:
        return [UserId(row["id"]) for row in await self._database.rows(_LOCK_ADMINS)]


@contextmanager
def _unique_email() -> Iterator[None]:
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "users_email_key":
            raise EmailTaken("this e-mail has an account already") from None
        raise
