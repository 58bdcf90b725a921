from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy import bindparam, insert, select, update

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


@contextmanager
def _unique_email() -> Iterator[None]:
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "users_email_key":
            raise EmailTaken("this e-mail has an account already") from None
        raise
