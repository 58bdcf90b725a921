from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from application.analytics.marking import Marking
from application.analytics.ports import Budgets, Prices, Reservations, UsageLog, Zones
from domain.analytics.budget import LIFETIME, UNKNOWN, Estimate, Limits, Reservation
from domain.analytics.price import Price, charge
from domain.analytics.usage import LOCAL, Charge, Feature, UsageEvent
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
        self, owner: UserId, attempt_id: UUID, feature: Feature, estimate: Estimate, at: datetime
    ) -> None:
        """Raises BudgetExceeded: then nothing of the transaction may be kept."""
        price = await self.prices.at(estimate.model, estimate.provider, at)
        cost = price.of(estimate.tokens) if price else UNKNOWN
        budget = await self.budgets.get(owner)
        held = budget.take(cost, self.limits, at, await self.zones.of(owner))
        reservation = Reservation(
            id=attempt_id,
            user_id=owner,
            feature=feature,
            amount=held,
            reserved_at=at,
            expires_at=at + LIFETIME,
        )
        await self.reservations.add(reservation)
        await self.budgets.save(budget)

    async def settle(self, event: UsageEvent) -> Decimal | None:
        """Charge the attempt, once, however often it is told; its reservation is free again. What it
        costs; None: nobody knows. The last step of its transaction: it locks what every attempt of
        the owner's locks."""
        charged = charge(event, await self._price(event))
        if await self.usage.add(charged):
            await self._release(charged)
            await self.marking(event.user_id, await self._moments(event))
        return charged.cost

    async def cancel(self, owner: UserId, attempt_id: UUID) -> None:
        """The attempt will never be made: what was held for it is free again. Inside a transaction, as
        its last step."""
        reservation = await self.reservations.remove(owner, attempt_id)
        if reservation is not None:
            budget = await self.budgets.get(owner)
            budget.cancel(reservation, await self.zones.of(owner))
            await self.budgets.save(budget)

    async def has_price(self, provider: str, model: str, at: datetime) -> bool:
        return await self.prices.at(model, provider, at) is not None

    async def _price(self, event: UsageEvent) -> Price | None:
        """Of the model that answered, or of the one that was asked: providers answer gpt-4 with
        gpt-4-0613, and price lists have the one or the other."""
        for model in dict.fromkeys((event.model_used, event.model_asked)):
            price = await self.prices.at(model, event.provider, event.started_at)
            if price is not None:
                return price
        return None

    async def _moments(self, event: UsageEvent) -> list[datetime]:
        """A further attempt at an answer changes what the ones before it count as."""
        if event.message_id is None:
            return [event.started_at]
        return await self.usage.tries(event.user_id, event.message_id)

    async def _release(self, charged: Charge) -> None:
        owner = charged.event.user_id
        reservation = await self.reservations.remove(owner, charged.event.id)
        if reservation is None and charged.event.provider == LOCAL:
            return
        budget = await self.budgets.get(owner)
        budget.settle(reservation, charged, await self.zones.of(owner))
        await self.budgets.save(budget)
