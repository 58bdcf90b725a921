from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.analytics.marking import Marking
from application.analytics.ports import Budgets, Prices, Reservations, UsageLog, Zones
from domain.analytics.budget import LIFETIME, RESERVED, Limits, Reservation
from domain.analytics.price import charge
from domain.analytics.usage import Charge, Feature, UsageEvent
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class Meter:
    """Counts attempts at models: each is reserved before, inside the transaction that decides it,
    and settled after, inside the one that keeps its end. What is answered here, by provider
    "local", needs no reservation and counts against no limit."""

    budgets: Budgets
    reservations: Reservations
    usage: UsageLog
    prices: Prices
    zones: Zones
    limits: Limits
    marking: Marking

    async def reserve(
        self, owner: UserId, attempt_id: UUID, feature: Feature, at: datetime
    ) -> None:
        """Raises BudgetExceeded: then nothing of the transaction may be kept."""
        budget = await self.budgets.get(owner)
        budget.take(self.limits, at, await self.zones.of(owner))
        reservation = Reservation(
            id=attempt_id,
            user_id=owner,
            feature=feature,
            amount=RESERVED,
            reserved_at=at,
            expires_at=at + LIFETIME,
        )
        await self.reservations.add(reservation)
        await self.budgets.save(budget)

    async def settle(self, event: UsageEvent) -> None:
        """Charge the attempt, once, however often it is told; its reservation is free again. The
        last step of its transaction: it locks what every attempt of the owner's locks."""
        price = await self.prices.at(event.model_used, event.provider, event.started_at)
        charged = charge(event, price)
        if await self.usage.add(charged):
            await self._release(charged)
            await self.marking(event.user_id, await self._moments(event))

    async def _moments(self, event: UsageEvent) -> list[datetime]:
        """A further attempt at an answer changes what the ones before it count as."""
        if event.message_id is None:
            return [event.started_at]
        return await self.usage.tries(event.user_id, event.message_id)

    async def _release(self, charged: Charge) -> None:
        owner = charged.event.user_id
        reservation = await self.reservations.remove(owner, charged.event.id)
        if reservation is not None:
            budget = await self.budgets.get(owner)
            budget.release(reservation, charged, await self.zones.of(owner))
            await self.budgets.save(budget)
