from dataclasses import replace
from datetime import datetime
from uuid import UUID

from adapters.memory.store import Store
from domain.identity.login_failures import Failures


class MemoryLoginFailures:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, identifier: bytes) -> Failures | None:
        found = self._store.table(Failures).get(_key(identifier))
        return found and replace(found)

    async def hold(self, identifier: bytes, at: datetime) -> Failures:
        fresh = Failures(identifier=identifier, first_at=at, last_at=at)
        return await self.get(identifier) or fresh

    async def save(self, failures: Failures) -> None:
        self._store.table(Failures)[_key(failures.identifier)] = replace(failures)

    async def reset(self, identifier: bytes) -> None:
        self._store.table(Failures).pop(_key(identifier), None)


def _key(identifier: bytes) -> tuple[UUID, UUID]:
    return UUID(bytes=identifier[:16]), UUID(bytes=identifier[16:])
