from datetime import datetime

from adapters.memory.store import Store
from domain.identity.login_failures import Failures
from domain.identity.one_time_token import OneTimeToken


class MemoryExpired:
    """Counts of rate limits die with the process here."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def remove(self, before: datetime) -> int:
        tokens, failures = self._store.table(OneTimeToken), self._store.table(Failures)
        old = [place for place, token in tokens.items() if token.expires_at < before]
        long_ago = [place for place, failure in failures.items() if failure.last_at < before]
        for place in old:
            del tokens[place]
        for place in long_ago:
            del failures[place]
        return len(old) + len(long_ago)
