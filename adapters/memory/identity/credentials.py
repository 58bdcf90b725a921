from dataclasses import replace
from datetime import datetime

from adapters.memory.store import Store
from domain.identity.api_key import ApiKey
from domain.identity.one_time_token import OneTimeToken
from domain.identity.session import Session
from domain.shared.ids import UserId


class MemoryCredentials:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def revoke(self, user_id: UserId, at: datetime, reason: str) -> None:
        for session in self._store.table(Session).values():
            if session.user_id == user_id and session.revoked_at is None:
                session.revoked_at, session.revoked_reason = at, reason
        for key in self._store.table(ApiKey).values():
            if key.user_id == user_id and key.revoked_at is None:
                key.revoked_at = at
        tokens = self._store.table(OneTimeToken)
        for place, token in list(tokens.items()):
            if token.user_id == user_id and token.used_at is None:
                tokens[place] = replace(token, used_at=at)
