"""What administrators see of accounts: rows into views, without entities."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
)

from adapters.postgres.database import Database, Statement
from adapters.postgres.tables.identity import users
from application.identity.views import AccountView, UserFilter, UserOrder
from application.shared.page import Listing, NumberedRequest, PageRequest, Paging, listing
from application.shared.ports import Clock
from domain.identity.user import FREE
from domain.shared.errors import NotFound
from domain.shared.ids import UserId

_u, _last = users.c, users.alias()
_expires = _u.subscription_expires_at
_is_premium = (_u.subscription_tier != FREE) & (_expires.is_(None) | (_expires > bindparam("at")))
_view = select(
    *(_is_premium if name == "is_premium" else _u[name] for name in AccountView.__struct_fields__)
)
_ONE = Statement(_view.where(_u.id == bindparam("id")))

_part: BindParameter[str] = bindparam("part")
_FILTERS: dict[str, ColumnElement[bool]] = {
    "is_active": _u.is_active == bindparam("is_active"),
    "is_admin": _u.is_admin == bindparam("is_admin"),
    "part": _u.email.ilike(_part) | _u.display_name.ilike(_part) | _u.full_name.ilike(_part),
}
_NEVER: ColumnElement[datetime] = literal_column("'-infinity'::timestamptz")
# Ids are given in the order of time. A login that never was comes before all others.
_ORDERS: dict[str, Callable[[Any], list[ColumnElement[Any]]]] = {
    "created_at": lambda c: [c.id],
    "email": lambda c: [c.email, c.id],
    "last_login_at": lambda c: [func.coalesce(c.last_login_at, _NEVER), c.id],
}


class PostgresUserReader:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def one(self, user_id: UserId) -> AccountView:
        row = await self._database.row(_ONE, {"id": user_id, "at": self._clock.now()})
        if row is None:
            raise NotFound("there is no such user")
        return AccountView(*row)

    async def page(self, wanted: UserFilter, paging: Paging) -> Listing[AccountView]:
        asked = {"is_active": wanted.is_active, "is_admin": wanted.is_admin}
        values: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
        if wanted.q is not None:
            values["part"] = f"%{_literal(wanted.q)}%"
        names = frozenset(values)
        values |= {"at": self._clock.now(), "rows": paging.rows, "skipped": paging.skipped}
        after = paging.after if isinstance(paging, PageRequest) else None
        statement = _page(names, wanted.deleted, wanted.sort, after is not None)
        rows = await self._database.rows(statement, values | {"after": after})
        total = None
        if isinstance(paging, NumberedRequest):
            total = await self._count(names, wanted.deleted, values)
        return listing(paging, [AccountView(*row) for row in rows], attrgetter("id"), total)

    async def _count(self, names: frozenset[str], deleted: bool, values: dict[str, Any]) -> int:
        (row,) = await self._database.rows(_counted(names, deleted), values)
        total: int = row[0]
        return total


@cache
def _page(names: frozenset[str], deleted: bool, sort: UserOrder, after: bool) -> Statement:
    """One text for what is really asked for, so that the plan fits it. There are few."""
    keys, found = _ORDERS[sort.field](_u), _wanted(_view, names, deleted)
    if after:
        last = _ORDERS[sort.field](_last.c)
        seen = select(*last).where(_last.c.id == bindparam("after")).scalar_subquery()
        found = found.where(tuple_(*keys).op("<" if sort.down else ">")(seen))
    order = [key.desc() for key in keys] if sort.down else keys
    return Statement(found.order_by(*order).limit(bindparam("rows")).offset(bindparam("skipped")))


@cache
def _counted(names: frozenset[str], deleted: bool) -> Statement:
    return Statement(_wanted(select(func.count()).select_from(users), names, deleted))


def _wanted(query: Select[Any], names: frozenset[str], deleted: bool) -> Select[Any]:
    alive = _u.deleted_at.is_not(None) if deleted else _u.deleted_at.is_(None)
    return query.where(alive, *(_FILTERS[name] for name in sorted(names)))


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
