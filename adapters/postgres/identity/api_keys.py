from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from adapters.postgres.database import Database, Statement
from adapters.postgres.rows import values_of
from adapters.postgres.tables.identity import api_keys
from domain.identity.api_key import ApiKey, ApiKeyId
from domain.shared.errors import NotFound
from domain.shared.ids import UserId

_k = api_keys.c
_COLUMNS = tuple(_k.keys())
_ADD = Statement(insert(api_keys), _COLUMNS)
_LIVE = Statement(
    select(api_keys)
    .where(_k.user_id == bindparam("owner"), _k.revoked_at.is_(None))
    .where(_k.expires_at > bindparam("at"))
    .order_by(_k.id.desc())
)
_revoke = (
    update(api_keys)
    .where(_k.user_id == bindparam("owner"), _k.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
    .returning(_k.id)
)
_REVOKE = Statement(_revoke.where(_k.id == bindparam("key")))
_REVOKE_ALL = Statement(_revoke)


class PostgresApiKeys:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, key: ApiKey) -> None:
        await self._database.row(_ADD, values_of(key, _COLUMNS))

    async def live(self, user_id: UserId, at: datetime) -> list[ApiKey]:
        rows = await self._database.rows(_LIVE, {"owner": user_id, "at": at})
        return [ApiKey(**row) for row in rows]

    async def revoke(self, user_id: UserId, key_id: ApiKeyId, at: datetime) -> None:
        values = {"owner": user_id, "key": key_id, "at": at}
        if await self._database.row(_REVOKE, values) is None:
            raise NotFound("there is no such API key")

    async def revoke_all(self, user_id: UserId, at: datetime) -> None:
        await self._database.rows(_REVOKE_ALL, {"owner": user_id, "at": at})
