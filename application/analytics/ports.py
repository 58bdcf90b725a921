from datetime import datetime
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from application.shared.records import Records
from domain.analytics.budget import Budget, Reservation
from domain.analytics.price import Price
from domain.analytics.usage import Charge
from domain.shared.ids import UserId


class Zones(Protocol):
    async def of(self, owner: UserId) -> ZoneInfo:
        """The zone of the account's days; UTC for one that is gone."""
        ...


class Budgets(Protocol):
    async def get(self, owner: UserId) -> Budget:
        """Locked until the running transaction ends: of an owner's requests, in any process, one
        is counted after the other."""
        ...

    async def save(self, budget: Budget) -> None: ...


class Reservations(Protocol):
    async def add(self, reservation: Reservation) -> None: ...

    async def remove(self, owner: UserId, attempt_id: UUID) -> Reservation | None:
        """What was held for the attempt, if anything still was."""
        ...

    async def expired(self, at: datetime) -> list[Reservation]:
        """Anybody's, oldest first."""
        ...


class Prices(Protocol):
    async def at(self, model: str, provider: str, moment: datetime) -> Price | None:
        """What the provider took for the model then: its own price before everybody's."""
        ...


class UsageLog(Protocol):
    """Only grows."""

    async def add(self, charge: Charge) -> bool:
        """Whether it is new: an attempt is charged once."""
        ...


class AnalyticsRecords(Records, Protocol):
    """What analytics keeps of a user."""
