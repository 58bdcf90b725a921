from copy import deepcopy
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from adapters.memory.store import Store
from domain.analytics.budget import Budget, Reservation
from domain.analytics.usage import Charge
from domain.identity.user import User
from domain.shared.ids import UserId


class MemoryZones:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, owner: UserId) -> ZoneInfo:
        user = self._store.table(User).get((owner, owner))
        return ZoneInfo(user.timezone if user else "UTC")


class MemoryBudgets:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, owner: UserId) -> Budget:
        budget = self._store.table(Budget).get((owner, owner))
        return deepcopy(budget) if budget else Budget(user_id=owner)

    async def save(self, budget: Budget) -> None:
        self._store.table(Budget)[budget.user_id, budget.user_id] = deepcopy(budget)


class MemoryReservations:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, reservation: Reservation) -> None:
        self._store.table(Reservation)[reservation.user_id, reservation.id] = reservation

    async def remove(self, owner: UserId, attempt_id: UUID) -> Reservation | None:
        return self._store.table(Reservation).pop((owner, attempt_id), None)

    async def expired(self, at: datetime) -> list[Reservation]:
        due = [one for one in self._store.table(Reservation).values() if one.expires_at <= at]
        return sorted(due, key=lambda one: one.expires_at)


class MemoryUsageLog:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, charge: Charge) -> bool:
        event = charge.event
        kept = self._store.table(Charge).setdefault((event.user_id, event.id), charge)
        return kept is charge

    async def tries(self, owner: UserId, message_id: UUID) -> list[datetime]:
        events = [charge.event for charge in self._store.table(Charge).values()]
        return [e.started_at for e in events if (e.user_id, e.message_id) == (owner, message_id)]
