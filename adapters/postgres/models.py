from operator import attrgetter
from typing import Any
from uuid import UUID

from asyncpg import Record
from sqlalchemy import bindparam, insert, select

from adapters.postgres.database import Database, Statement
from adapters.postgres.rows import values_of
from adapters.postgres.tables.models import egress_events
from application.shared.page import Page, PageRequest
from domain.models.egress import EgressEvent
from domain.shared.ids import UserId

_e = egress_events.c
_COLUMNS = tuple(_e.keys())
_ADD = Statement(insert(egress_events), _COLUMNS)
_page = (
    select(egress_events)
    .where(_e.user_id == bindparam("owner"))
    .order_by(_e.id.desc())
    .limit(bindparam("limit"))
)
_NEWEST = Statement(_page)
_OLDER = Statement(_page.where(_e.id < bindparam("after")))
_OF_ATTEMPT = Statement(
    select(egress_events)
    .where(_e.user_id == bindparam("owner"), _e.attempt_id == bindparam("attempt"))
    .order_by(_e.id)
)


class PostgresEgressLedger:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, event: EgressEvent) -> None:
        await self._database.row(_ADD, values_of(event, _COLUMNS), owner=event.user_id)

    async def page(self, owner: UserId, request: PageRequest) -> Page[EgressEvent]:
        values: dict[str, Any] = {"owner": owner, "limit": request.rows, "after": request.after}
        statement = _NEWEST if request.after is None else _OLDER
        rows = await self._database.rows(statement, values, owner=owner)
        return Page.cut([_event(row) for row in rows], request.size, key=attrgetter("id"))

    async def of_attempt(self, owner: UserId, attempt_id: UUID) -> list[EgressEvent]:
        values = {"owner": owner, "attempt": attempt_id}
        return [_event(row) for row in await self._database.rows(_OF_ATTEMPT, values, owner=owner)]


def _event(row: Record) -> EgressEvent:
    return EgressEvent(**dict(row) | {"object_ids": tuple(row["object_ids"])})
