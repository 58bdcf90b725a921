from operator import attrgetter
from typing import Any

from asyncpg import Record
from sqlalchemy import bindparam, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.postgres.database import Database, Statement
from adapters.postgres.rows import values_of
from adapters.postgres.tables.identity import consent_events, consents
from application.shared.page import Page, PageRequest
from domain.identity.consent import Action, Consent, ConsentEvent, Purpose
from domain.shared.ids import UserId

_c, _e = consents.c, consent_events.c
_COLUMNS, _EVENT = tuple(_c.keys()), tuple(_e.keys())
_all = select(consents).where(_c.user_id == bindparam("owner"))
_ALL = Statement(_all)
_ONE = Statement(_all.where(_c.purpose == bindparam("wanted")))
_new = upsert(consents)
_SAVE = Statement(
    _new.on_conflict_do_update(
        index_elements=[_c.user_id, _c.purpose],
        set_={name: _new.excluded[name] for name in _COLUMNS if not _c[name].primary_key},
    ),
    _COLUMNS,
)
_ADD_EVENT = Statement(insert(consent_events), _EVENT)
_page = (
    select(consent_events)
    .where(_e.user_id == bindparam("owner"))
    .order_by(_e.id.desc())
    .limit(bindparam("limit"))
)
_NEWEST = Statement(_page)
_OLDER = Statement(_page.where(_e.id < bindparam("after")))


class PostgresConsents:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, user_id: UserId) -> list[Consent]:
        rows = await self._database.rows(_ALL, {"owner": user_id}, owner=user_id)
        return [_consent(row) for row in rows]

    async def one(self, user_id: UserId, purpose: Purpose) -> Consent | None:
        values = {"owner": user_id, "wanted": purpose}
        row = await self._database.row(_ONE, values, owner=user_id)
        return _consent(row) if row else None

    async def save(self, consent: Consent, event: ConsentEvent) -> None:
        owner = consent.user_id
        await self._database.row(_SAVE, values_of(consent, _COLUMNS), owner=owner)
        await self._database.row(_ADD_EVENT, values_of(event, _EVENT), owner=owner)

    async def history(self, user_id: UserId, request: PageRequest) -> Page[ConsentEvent]:
        values: dict[str, Any] = {"owner": user_id, "limit": request.size + 1}
        statement = _NEWEST if request.after is None else _OLDER
        values["after"] = request.after
        rows = await self._database.rows(statement, values, owner=user_id)
        return Page.cut([_event(row) for row in rows], request.size, key=attrgetter("id"))


def _consent(row: Record) -> Consent:
    return Consent(**dict(row) | {"purpose": Purpose(row["purpose"])})


def _event(row: Record) -> ConsentEvent:
    known = {"purpose": Purpose(row["purpose"]), "action": Action(row["action"])}
    return ConsentEvent(**dict(row) | known)
