from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.postgres.database import Database, Statement
from adapters.postgres.rows import values_of
from adapters.postgres.tables.identity import signing_keys
from domain.identity.signing_key import KeyState, SigningKey

_k = signing_keys.c
_COLUMNS = tuple(_k.keys())
_KEYS = Statement(select(signing_keys).order_by(_k.state, _k.created_at))  # a, n, r
_ADD = Statement(upsert(signing_keys).on_conflict_do_nothing(), _COLUMNS)
_RETIRE = Statement(
    update(signing_keys)
    .where(_k.state == KeyState.ACTIVE)
    .values(state=KeyState.RETIRING, retired_at=bindparam("at"))
    .returning(_k.kid)
)
_PROMOTE = Statement(
    update(signing_keys).where(_k.state == KeyState.NEXT).values(state=KeyState.ACTIVE)
)
_FORGET = Statement(
    delete(signing_keys).where(
        _k.state == KeyState.RETIRING, _k.retired_at <= bindparam("gone_before")
    )
)


class PostgresSigningKeys:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[SigningKey]:
        return [_key(dict(row)) for row in await self._database.rows(_KEYS)]

    async def add(self, key: SigningKey) -> None:
        await self._database.row(_ADD, values_of(key, _COLUMNS))

    async def rotate(self, fresh: SigningKey, at: datetime, gone_before: datetime) -> bool:
        # Whoever rotates at the same time waits here, and finds the active key retired.
        if await self._database.row(_RETIRE, {"at": at}) is None:
            return False
        await self._database.row(_PROMOTE)
        await self.add(fresh)
        await self._database.row(_FORGET, {"gone_before": gone_before})
        return True


def _key(row: dict[str, Any]) -> SigningKey:
    return SigningKey(**row | {"state": KeyState(row["state"])})
