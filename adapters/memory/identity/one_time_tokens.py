from dataclasses import replace
from datetime import datetime

from adapters.memory.store import Store
from domain.identity.one_time_token import InvalidToken, OneTimeToken, Purpose
from domain.shared.ids import UserId


class MemoryOneTimeTokens:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, token: OneTimeToken) -> None:
        self._store.table(OneTimeToken)[token.id, token.id] = token

    async def find(self, purpose: Purpose, hash: bytes, at: datetime) -> OneTimeToken:
        for token in self._store.table(OneTimeToken).values():
            if (token.hash, token.purpose) == (hash, purpose) and _good(token, at):
                return token
        raise InvalidToken("this link or token is not valid any more")

    async def take(self, purpose: Purpose, hash: bytes, at: datetime) -> OneTimeToken:
        taken = replace(await self.find(purpose, hash, at), used_at=at)
        await self.add(taken)
        return taken

    async def revoke(self, user_id: UserId, purpose: Purpose, at: datetime) -> None:
        for token in list(self._store.table(OneTimeToken).values()):
            if (token.user_id, token.purpose) == (user_id, purpose) and token.used_at is None:
                await self.add(replace(token, used_at=at))


def _good(token: OneTimeToken, at: datetime) -> bool:
    return token.used_at is None and token.expires_at > at
