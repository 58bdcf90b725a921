from datetime import datetime

from adapters.memory.store import Store
from domain.analytics.price import DEFAULTS, Price


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
