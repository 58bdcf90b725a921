from functools import cache

import asyncpg
from sqlalchemy import bindparam, select

from adapters.postgres.database import Database, Statement
from adapters.postgres.tables.identity import audit_events
from application.identity.views import (
    AuditFilter,
    AuditPage,
    AuditPageRequest,
    audit_entry_view,
)
from domain.identity.audit import AuditEvent, Entry, Outcome

_a = audit_events.c
_FILTERS = {
    "actor_id": _a.actor_id == bindparam("actor_id"),
    "action": _a.action == bindparam("action"),
    "outcome": _a.outcome == bindparam("outcome"),
    "object_id": _a.object_id == bindparam("object_id"),
    "since": _a.at >= bindparam("since"),
    "until": _a.at < bindparam("until"),
    "before": _a.number < bindparam("before"),
}
_ENTRIES = Statement(
    select(audit_events)
    .where(_a.number > bindparam("after"))
    .order_by(_a.number)
    .limit(bindparam("rows"))
)


class PostgresAuditReader:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, wanted: AuditFilter, request: AuditPageRequest) -> AuditPage:
        asked = {name: getattr(wanted, name) for name in AuditFilter.__struct_fields__}
        asked["before"] = request.before
        values = {name: value for name, value in asked.items() if value is not None}
        statement = _page(frozenset(values))
        rows = await self._database.rows(statement, values | {"rows": request.size + 1})
        return AuditPage.cut([audit_entry_view(_entry(row)) for row in rows], request.size)

    async def entries(self, after: int, limit: int) -> list[Entry]:
        rows = await self._database.rows(_ENTRIES, {"after": after, "rows": limit})
        return [_entry(row) for row in rows]


@cache
def _page(names: frozenset[str]) -> Statement:
    found = select(audit_events).where(*(_FILTERS[name] for name in sorted(names)))
    return Statement(found.order_by(_a.number.desc()).limit(bindparam("rows")))


def _entry(row: asyncpg.Record) -> Entry:
    fields = dict(row)
    number, hash = fields.pop("number"), fields.pop("hash")
    return Entry(number, hash, AuditEvent(**fields | {"outcome": Outcome(fields["outcome"])}))
