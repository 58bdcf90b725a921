from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from application.analytics.views import Spending
from application.shared.records import Records
from domain.analytics.activity import Activity
from domain.analytics.budget import Budget, Reservation
from domain.analytics.measure import Attempt, Measures
from domain.analytics.price import Price
from domain.analytics.usage import Charge, UsageEvent
from domain.shared.ids import DocumentId, UserId


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

    async def all(self) -> list[Price]:
        """By model, newest first."""
        ...

    async def open(self, model: str, provider: str | None) -> Price | None:
        """The one without an end, locked until the running transaction ends."""
        ...

    async def add(self, price: Price) -> None:
        """Raises PriceOverlaps when somebody else set one at the same moment."""
        ...

    async def end(self, price_id: UUID, at: datetime) -> None: ...


class UsageLog(Protocol):
    """Only grows."""

    async def add(self, charge: Charge) -> bool:
        """Whether it is new: an attempt is charged once."""
        ...

    async def tries(self, owner: UserId, message_id: UUID) -> list[datetime]:
        """When the attempts at an answer began."""
        ...


class Activities(Protocol):
    async def add(self, activity: Activity) -> bool:
        """Whether it is new."""
        ...

    async def forget(self, owner: UserId, document_id: DocumentId) -> list[datetime]:
        """Remove what tells of a document; when it was."""
        ...


class Buckets(Protocol):
    """Sums of quarters of an hour, and which of them have to be made again."""

    async def mark(self, owner: UserId, starts: Iterable[datetime]) -> None:
        """Nobody takes them before the running transaction has ended."""
        ...

    async def take(self, owner: UserId) -> list[datetime]:
        """Some of what is marked, and not being taken by somebody else, is not marked any more."""
        ...

    async def put(self, owner: UserId, start: datetime, measures: Measures) -> None: ...

    async def sums(self, owner: UserId, bounds: Sequence[datetime]) -> list[Measures]:
        """From each bound until the next."""
        ...


class UsageReader(Protocol):
    """What happened, one by one: `since` belongs to it, `until` does not."""

    async def attempts(self, owner: UserId, since: datetime, until: datetime) -> list[Attempt]: ...

    async def activities(
        self, owner: UserId, since: datetime, until: datetime
    ) -> list[Activity]: ...

    async def response_times(self, owner: UserId, since: datetime, until: datetime) -> list[int]:
        """Milliseconds of each successful query."""
        ...

    async def spending(self, owner: UserId, since: datetime, until: datetime) -> list[Spending]:
        """What was spent on each model, for each feature and conversation."""
        ...

    async def answers(self, owner: UserId, limit: int) -> list[UsageEvent]:
        """The last attempt at each, newest first."""
        ...

    async def newest(self, owner: UserId, limit: int) -> list[Activity]:
        """Newest first."""
        ...


class AnalyticsRecords(Records, Protocol):
    """What analytics keeps of a user."""


class Subjects(Protocol):
    """Conversations answer this: analytics knows messages by their ids only."""

    async def of(self, owner: UserId, message_ids: Collection[UUID]) -> dict[UUID, DocumentId]:
        """The document that each message is about: the first that it cites, else the first of those
        that were asked. Without messages that are about none, or whose conversation is deleted."""
        ...
