from dataclasses import replace
from datetime import datetime
from uuid import UUID

from adapters.memory.store import Store
from domain.analytics.price import DEFAULTS, Price, PriceOverlaps


class MemoryPrices:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._store.table(Price).update({(one.id, one.id): one for one in DEFAULTS})

    async def at(self, model: str, provider: str, moment: datetime) -> Price | None:
        fitting = [
            price
            for price in self._store.table(Price).values()
            if price.model == model
            and price.provider in (provider, None)
            and price.valid_from <= moment
            and (price.valid_to is None or moment < price.valid_to)
        ]
        return max(fitting, key=lambda price: price.provider is not None, default=None)

    async def all(self) -> list[Price]:
        newest_first = sorted(
            self._store.table(Price).values(), key=lambda price: price.valid_from, reverse=True
        )
        return sorted(newest_first, key=lambda price: (price.model, price.provider or ""))

    async def open(self, model: str, provider: str | None) -> Price | None:
        prices = self._store.table(Price).values()
        return next(
            (p for p in prices if (p.model, p.provider, p.valid_to) == (model, provider, None)),
            None,
        )

    async def add(self, price: Price) -> None:
        if await self.open(price.model, price.provider):
            raise PriceOverlaps("somebody else has just set this price")
        self._store.table(Price)[price.id, price.id] = price

    async def end(self, price_id: UUID, at: datetime) -> None:
        table = self._store.table(Price)
        table[price_id, price_id] = replace(table[price_id, price_id], valid_to=at)
