from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, or_, select

from adapters.postgres.database import Database, Statement
from adapters.postgres.tables.analytics import prices
from domain.analytics.price import Price

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


class PostgresPrices:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def at(self, model: str, provider: str, moment: datetime) -> Price | None:
        values = {"model": model, "provider": provider, "moment": moment}
        row = await self._database.row(_AT, values)
        return Price(**row) if row else None
