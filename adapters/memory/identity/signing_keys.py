from datetime import datetime
from uuid import UUID

from adapters.memory.store import Store
from application.identity.ports import SigningKey


class MemorySigningKeys:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def all(self) -> list[SigningKey]:
        return list(self._store.table(SigningKey).values())

    async def add_first(self, key: SigningKey, at: datetime) -> None:
        if not self._store.table(SigningKey):
            self._store.table(SigningKey)[UUID(int=0), UUID(int=0)] = key
