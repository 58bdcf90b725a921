from dataclasses import dataclass

from application.analytics.ports import Budgets, Reservations
from application.shared.ports import Clock, Transaction
from domain.analytics.budget import Reservation


@dataclass(frozen=True, slots=True)
class ReleaseAbandoned:
    """Free what is held back for attempts that nobody has ended for a day. Whoever ends one later has
    it charged all the same. Run by a schedule."""

    reservations: Reservations
    budgets: Budgets
    clock: Clock
    transaction: Transaction

    async def __call__(self) -> int:
        """How many there were. What cannot be freed keeps nobody else from it."""
        abandoned = await self.reservations.expired(self.clock.now())
        failures = []
        for reservation in abandoned:
            try:
                await self._release(reservation)
            except Exception as error:
                failures.append(error)
        if failures:
            raise ExceptionGroup("attempts that could not be freed", failures)
        return len(abandoned)

    async def _release(self, reservation: Reservation) -> None:
        owner = reservation.user_id
        async with self.transaction:
            if await self.reservations.remove(owner, reservation.id) is not None:
                budget = await self.budgets.get(owner)
                budget.release(reservation)
                await self.budgets.save(budget)
