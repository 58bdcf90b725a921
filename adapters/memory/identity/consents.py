from copy import deepcopy
from operator import attrgetter

from adapters.memory.store import Store
from application.shared.page import Page, PageRequest
from domain.identity.consent import Consent, ConsentEvent, Purpose
from domain.shared.ids import UserId


class MemoryConsents:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def all(self, user_id: UserId) -> list[Consent]:
        kept = self._store.table(Consent).values()
        return [deepcopy(consent) for consent in kept if consent.user_id == user_id]

    async def one(self, user_id: UserId, purpose: Purpose) -> Consent | None:
        found = (c for c in await self.all(user_id) if c.purpose == purpose)
        return next(found, None)

    async def save(self, consent: Consent, event: ConsentEvent) -> None:
        consents = self._store.table(Consent)
        before = [
            key
            for key, kept in consents.items()
            if (kept.user_id, kept.purpose) == (consent.user_id, consent.purpose)
        ]
        key = before[0] if before else (consent.user_id, event.id)
        consents[key] = deepcopy(consent)
        self._store.table(ConsentEvent)[event.user_id, event.id] = event

    async def history(self, user_id: UserId, request: PageRequest) -> Page[ConsentEvent]:
        events = self._store.table(ConsentEvent).values()
        mine = sorted((e for e in events if e.user_id == user_id), key=attrgetter("id"))[::-1]
        older = [e for e in mine if request.after is None or e.id < request.after]
        return Page.cut(older[: request.size + 1], request.size, key=attrgetter("id"))
