from sqlalchemy import insert, select, text

from adapters.postgres.database import Database, Statement
from adapters.postgres.rows import values_of
from adapters.postgres.tables.identity import audit_events
from domain.identity.audit import BEFORE_THE_FIRST, AuditEvent, chained

_a = audit_events.c
_COLUMNS = tuple(_a.keys())
_OF_EVENT = tuple(name for name in _COLUMNS if name not in ("number", "hash"))
# "audit": whoever appends waits for the one before, until its transaction ends.
_TURN = Statement(text("SELECT pg_advisory_xact_lock(x'6175646974'::bigint)"))
_LAST = Statement(select(_a.number, _a.hash).order_by(_a.number.desc()).limit(1))
_ADD = Statement(insert(audit_events), _COLUMNS)


class PostgresAuditLog:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, event: AuditEvent) -> None:
        await self._database.row(_TURN)
        last = await self._database.row(_LAST)
        number, previous = (last["number"] + 1, last["hash"]) if last else (1, BEFORE_THE_FIRST)
        place = {"number": number, "hash": chained(previous, number, event)}
        await self._database.row(_ADD, values_of(event, _OF_EVENT) | place)
