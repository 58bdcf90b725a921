from operator import attrgetter
from uuid import UUID

from adapters.memory.store import Store
from application.models.ports import EgressLedger
from application.shared.page import Page, PageRequest
from domain.models.egress import EgressEvent
from domain.shared.ids import UserId


class MemoryEgressLedger:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, event: EgressEvent) -> None:
        self._store.table(EgressEvent)[event.user_id, event.id] = event

    async def page(self, owner: UserId, request: PageRequest) -> Page[EgressEvent]:
        events = self._store.table(EgressEvent).values()
        mine = sorted((e for e in events if e.user_id == owner), key=attrgetter("id"))[::-1]
        older = [e for e in mine if request.after is None or e.id < request.after]
        return Page.cut(older[: request.size + 1], request.size, key=attrgetter("id"))

    async def of_attempt(self, owner: UserId, attempt_id: UUID) -> list[EgressEvent]:
        events = self._store.table(EgressEvent).values()
        mine = [e for e in events if (e.user_id, e.attempt_id) == (owner, attempt_id)]
        return sorted(mine, key=attrgetter("id"))


PORTS: dict[type, type] = {EgressLedger: MemoryEgressLedger}
