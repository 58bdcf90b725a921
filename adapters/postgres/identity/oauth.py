import asyncpg
from asyncpg import Record
from sqlalchemy import bindparam, delete, insert, select

from adapters.postgres.database import Database, Statement
from adapters.postgres.rows import values_of
from adapters.postgres.tables.identity import oauth_connections
from domain.identity.oauth import ConnectionId, ConnectionTaken, OAuthConnection
from domain.shared.ids import UserId

_o = oauth_connections.c
_COLUMNS = tuple(OAuthConnection.__dataclass_fields__)
_connections = select(*(_o[name] for name in _COLUMNS))
_ADD = Statement(insert(oauth_connections), _COLUMNS)
_FIND = Statement(
    _connections.where(_o.issuer == bindparam("issuer"), _o.subject == bindparam("subject"))
)
_OF = Statement(_connections.where(_o.user_id == bindparam("owner")).order_by(_o.id.desc()))
_owned = delete(oauth_connections).where(_o.user_id == bindparam("owner"))
_REMOVE = Statement(_owned.where(_o.id == bindparam("key")))
_REMOVE_ALL = Statement(_owned)


class PostgresOAuthConnections:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, connection: OAuthConnection) -> None:
        try:
            await self._database.row(_ADD, values_of(connection, _COLUMNS))
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name == "oauth_connections_issuer_subject_key":
                raise ConnectionTaken("this account of the provider is connected already") from None
            raise

    async def find(self, issuer: str, subject: str) -> OAuthConnection | None:
        row = await self._database.row(_FIND, {"issuer": issuer, "subject": subject})
        return _connection(row) if row else None

    async def of(self, user_id: UserId) -> list[OAuthConnection]:
        return [_connection(row) for row in await self._database.rows(_OF, {"owner": user_id})]

    async def remove(self, user_id: UserId, connection_id: ConnectionId) -> None:
        await self._database.row(_REMOVE, {"owner": user_id, "key": connection_id})

    async def remove_all(self, user_id: UserId) -> None:
        await self._database.row(_REMOVE_ALL, {"owner": user_id})


def _connection(row: Record) -> OAuthConnection:
    return OAuthConnection(**row)
