from copy import deepcopy
from datetime import datetime

from adapters.memory.store import Store
from domain.identity.api_key import ApiKey, ApiKeyId
from domain.shared.errors import NotFound
from domain.shared.ids import UserId


class MemoryApiKeys:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, key: ApiKey) -> None:
        self._store.table(ApiKey)[key.id, key.id] = deepcopy(key)

    async def live(self, user_id: UserId, at: datetime) -> list[ApiKey]:
        keys = [key for key in self._of(user_id) if key.expires_at > at]
        return deepcopy(sorted(keys, key=lambda key: key.id, reverse=True))

    async def revoke(self, user_id: UserId, key_id: ApiKeyId, at: datetime) -> None:
        found = [key for key in self._of(user_id) if key.id == key_id]
        if not found:
            raise NotFound("there is no such API key")
        found[0].revoked_at = at

    async def revoke_all(self, user_id: UserId, at: datetime) -> None:
        for key in self._of(user_id):
            key.revoked_at = at

    def _of(self, user_id: UserId) -> list[ApiKey]:
        keys = self._store.table(ApiKey).values()
        return [key for key in keys if key.user_id == user_id and key.revoked_at is None]
