from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.database import Database, Statement
from adapters.postgres.rows import values_of
from adapters.postgres.tables.analytics import ai_budgets, usage_events, usage_reservations
from adapters.postgres.tables.identity import users
from domain.analytics.budget import Budget, Reservation
from domain.analytics.usage import Charge, Feature
from domain.shared.ids import UserId

NOBODY = UUID(int=0)  # whom row security shows what has expired, and nothing else

_b, _r, _u = ai_budgets.c, usage_reservations.c, usage_events.c
_COST = ("price_id", "cost")
_BUDGET, _RESERVATION = tuple(_b.keys()), tuple(_r.keys())
EVENT = tuple(c.name for c in usage_events.c if c.name not in _COST)

_ZONE = Statement(select(users.c.timezone).where(users.c.id == bindparam("owner")))

# A row that is there is written as it is, which locks it.
_new = insert(ai_budgets)
_LOCK = Statement(
    _new.on_conflict_do_update(
        index_elements=[_b.user_id], set_={"user_id": _new.excluded.user_id}
    ).returning(*_b),
    _BUDGET,
)
_SAVE = Statement(update(ai_budgets).where(_b.user_id == bindparam("owner")), _BUDGET)

_RESERVE = Statement(insert(usage_reservations), _RESERVATION)
_REMOVE = Statement(
    delete(usage_reservations)
    .where(_r.user_id == bindparam("owner"), _r.id == bindparam("attempt"))
    .returning(*_r)
)
_EXPIRED = Statement(
    select(usage_reservations).where(_r.expires_at <= bindparam("at")).order_by(_r.expires_at)
)

_LOG = Statement(
    insert(usage_events)
    .on_conflict_do_nothing(index_elements=[_u.user_id, _u.id])
    .returning(_u.id),
    (*EVENT, *_COST),
)


_TRIES = Statement(
    select(_u.started_at).where(
        _u.user_id == bindparam("owner"), _u.message_id == bindparam("message")
    )
)


class PostgresZones:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, owner: UserId) -> ZoneInfo:
        row = await self._database.row(_ZONE, {"owner": owner})
        return ZoneInfo(row["timezone"] if row else "UTC")


class PostgresBudgets:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, owner: UserId) -> Budget:
        values = values_of(Budget(user_id=owner), _BUDGET)
        (row,) = await self._database.rows(_LOCK, values, owner=owner)
        return Budget(**row)

    async def save(self, budget: Budget) -> None:
        values = values_of(budget, _BUDGET) | {"owner": budget.user_id}
        await self._database.row(_SAVE, values, owner=budget.user_id)


class PostgresReservations:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, reservation: Reservation) -> None:
        values = values_of(reservation, _RESERVATION)
        await self._database.row(_RESERVE, values, owner=reservation.user_id)

    async def remove(self, owner: UserId, attempt_id: UUID) -> Reservation | None:
        values = {"owner": owner, "attempt": attempt_id}
        row = await self._database.row(_REMOVE, values, owner=owner)
        return Reservation(**{**row, "feature": Feature(row["feature"])}) if row else None

    async def expired(self, at: datetime) -> list[Reservation]:
        rows = await self._database.rows(_EXPIRED, {"at": at}, owner=NOBODY)
        return [Reservation(**{**row, "feature": Feature(row["feature"])}) for row in rows]


class PostgresUsageLog:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, charge: Charge) -> bool:
        values = values_of(charge.event, EVENT)
        values |= {"price_id": charge.price_id, "cost": charge.cost}
        row = await self._database.row(_LOG, values, owner=charge.event.user_id)
        return row is not None

    async def tries(self, owner: UserId, message_id: UUID) -> list[datetime]:
        values = {"owner": owner, "message": message_id}
        rows = await self._database.rows(_TRIES, values, owner=owner)
        return [row["started_at"] for row in rows]
