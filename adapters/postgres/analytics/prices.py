from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import BindParameter, bindparam, insert, or_, select, update

from adapters.postgres.database import Database, Statement
from adapters.postgres.rows import values_of
from adapters.postgres.tables.analytics import prices
from domain.analytics.price import Price, PriceOverlaps

_p = prices.c
_moment: BindParameter[Any] = bindparam("moment")
_AT = Statement(
    select(prices)
    .where(
        _p.model == bindparam("model"),
        or_(_p.provider == bindparam("provider"), _p.provider.is_(None)),
        _p.valid_from <= _moment,
        or_(_p.valid_to.is_(None), _p.valid_to > _moment),
    )
    .order_by(_p.provider.nulls_last())
    .limit(1)
)

_ALL = Statement(select(prices).order_by(_p.model, _p.provider.nulls_first(), _p.valid_from.desc()))
_OPEN = Statement(
    select(prices)
    .where(
        _p.model == bindparam("model"),
        _p.provider.is_not_distinct_from(bindparam("provider")),
        _p.valid_to.is_(None),
    )
    .with_for_update()
)
_COLUMNS = tuple(_p.keys())
_ADD = Statement(insert(prices), _COLUMNS)
_END = Statement(update(prices).where(_p.id == bindparam("price")), ("valid_to",))


class PostgresPrices:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def at(self, model: str, provider: str, moment: datetime) -> Price | None:
        values = {"model": model, "provider": provider, "moment": moment}
        row = await self._database.row(_AT, values)
        return Price(**row) if row else None

    async def all(self) -> list[Price]:
        return [Price(**row) for row in await self._database.rows(_ALL)]

    async def open(self, model: str, provider: str | None) -> Price | None:
        row = await self._database.row(_OPEN, {"model": model, "provider": provider})
        return Price(**row) if row else None

    async def add(self, price: Price) -> None:
        try:
            await self._database.row(_ADD, values_of(price, _COLUMNS))
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name == "prices_open_key":
                raise PriceOverlaps("somebody else has just set this price") from None
            raise

    async def end(self, price_id: UUID, at: datetime) -> None:
        await self._database.row(_END, {"price": price_id, "valid_to": at})
