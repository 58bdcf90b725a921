from dataclasses import replace
from datetime import datetime
from uuid import UUID

from adapters.memory.store import Store
from domain.identity.signing_key import KeyState, SigningKey

_ORDER = [KeyState.ACTIVE, KeyState.NEXT, KeyState.RETIRING]


class MemorySigningKeys:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def all(self) -> list[SigningKey]:
        keys = self._store.table(SigningKey).values()
        return sorted(keys, key=lambda key: (_ORDER.index(key.state), key.created_at))

    async def add(self, key: SigningKey) -> None:
        if key.state not in {kept.state for kept in await self.all()}:
            self._put(key)

    async def rotate(self, fresh: SigningKey, at: datetime, gone_before: datetime) -> bool:
        keys = await self.all()
        self._store.table(SigningKey).clear()
        for key in keys:
            if key.state is KeyState.ACTIVE:
                self._put(replace(key, state=KeyState.RETIRING, retired_at=at))
            elif key.state is KeyState.NEXT:
                self._put(replace(key, state=KeyState.ACTIVE))
            elif key.retired_at and key.retired_at > gone_before:
                self._put(key)
        self._put(fresh)
        return True

    def _put(self, key: SigningKey) -> None:
        self._store.table(SigningKey)[UUID(int=0), UUID(key.kid)] = key
