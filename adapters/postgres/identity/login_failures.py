from datetime import datetime

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.database import Database, Statement
from adapters.postgres.rows import values_of
from adapters.postgres.tables.identity import login_failures
from domain.identity.login_failures import Failures

_f = login_failures.c
_COLUMNS = tuple(_f.keys())
_GET = Statement(select(login_failures).where(_f.identifier == bindparam("identifier")))
# Makes the row or locks the one there is: of many who fail at once each sees the one before.
_new = insert(login_failures)
_HOLD = Statement(
    _new.on_conflict_do_update(
        index_elements=[_f.identifier], set_={"identifier": _new.excluded.identifier}
    ).returning(login_failures),
    _COLUMNS,
)
_SAVE = Statement(update(login_failures).where(_f.identifier == bindparam("key")), _COLUMNS)
_RESET = Statement(delete(login_failures).where(_f.identifier == bindparam("identifier")))


class PostgresLoginFailures:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, identifier: bytes) -> Failures | None:
        row = await self._database.row(_GET, {"identifier": identifier})
        return Failures(**row) if row else None

    async def hold(self, identifier: bytes, at: datetime) -> Failures:
        fresh = Failures(identifier=identifier, first_at=at, last_at=at)
        (row,) = await self._database.rows(_HOLD, values_of(fresh, _COLUMNS))
        return Failures(**row)

    async def save(self, failures: Failures) -> None:
        values = values_of(failures, _COLUMNS) | {"key": failures.identifier}
        await self._database.row(_SAVE, values)

    async def reset(self, identifier: bytes) -> None:
        await self._database.row(_RESET, {"identifier": identifier})
