from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from adapters.postgres.database import Database, Statement
from adapters.postgres.rows import values_of
from adapters.postgres.tables.identity import one_time_tokens
from domain.identity.one_time_token import InvalidToken, OneTimeToken, Purpose
from domain.shared.ids import UserId

_t = one_time_tokens.c
_COLUMNS = tuple(_t.keys())
_ADD = Statement(insert(one_time_tokens), _COLUMNS)
_good = (
    _t.hash == bindparam("presented"),
    _t.purpose == bindparam("kind"),
    _t.used_at.is_(None),
    _t.expires_at > bindparam("at"),
)
_FIND = Statement(select(one_time_tokens).where(*_good))
_TAKE = Statement(
    update(one_time_tokens).where(*_good).values(used_at=bindparam("at")).returning(one_time_tokens)
)
_REVOKE = Statement(
    update(one_time_tokens)
    .where(_t.user_id == bindparam("owner"), _t.purpose == bindparam("kind"))
    .where(_t.used_at.is_(None))
    .values(used_at=bindparam("at"))
)


class PostgresOneTimeTokens:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, token: OneTimeToken) -> None:
        await self._database.row(_ADD, values_of(token, _COLUMNS))

    async def find(self, purpose: Purpose, hash: bytes, at: datetime) -> OneTimeToken:
        return await self._one(_FIND, purpose, hash, at)

    async def take(self, purpose: Purpose, hash: bytes, at: datetime) -> OneTimeToken:
        return await self._one(_TAKE, purpose, hash, at)

    async def _one(
        self, statement: Statement, purpose: Purpose, hash: bytes, at: datetime
    ) -> OneTimeToken:
        row = await self._database.row(statement, {"presented": hash, "kind": purpose, "at": at})
        if row is None:
            raise InvalidToken("this link or token is not valid any more")
        return OneTimeToken(**dict(row) | {"purpose": Purpose(row["purpose"])})

    async def revoke(self, user_id: UserId, purpose: Purpose, at: datetime) -> None:
        await self._database.row(_REVOKE, {"owner": user_id, "kind": purpose, "at": at})
