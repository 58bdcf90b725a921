from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.postgres.database import Database, Statement
from adapters.postgres.tables.identity import signing_keys
from application.identity.ports import SigningKey

_key = (signing_keys.c.kid, signing_keys.c.public_jwk, signing_keys.c.private_key)
_KEYS = Statement(select(*_key).order_by(signing_keys.c.state, signing_keys.c.created_at))
_ADD_KEY = Statement(upsert(signing_keys).on_conflict_do_nothing(), tuple(signing_keys.c.keys()))


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
            "retired_at": None,
        }
        await self._database.row(_ADD_KEY, values)
