from dataclasses import dataclass

from application.analytics.metering import Meter
from application.analytics.ports import Reservations
from application.shared.ports import Clock, Transaction
from domain.analytics.budget import LIFETIME, Reservation
from domain.analytics.usage import UsageEvent, UsageStatus

_UNKNOWN = "unknown"  # so it has no price, and its cost is not known either


@dataclass(frozen=True, slots=True)
class SettleAbandoned:
    """End the attempts that nobody has ended: whoever made them has died. Run by a schedule."""

    reservations: Reservations
    meter: Meter
    clock: Clock
    transaction: Transaction

    async def __call__(self) -> int:
        """How many there were. What cannot be settled keeps nobody else from it."""
        abandoned = await self.reservations.expired(self.clock.now())
        failures = []
        for reservation in abandoned:
            try:
                async with self.transaction:
                    await self.meter.settle(_ended(reservation))
            except Exception as error:
                failures.append(error)
        if failures:
            raise ExceptionGroup("attempts that could not be settled", failures)
        return len(abandoned)


def _ended(reservation: Reservation) -> UsageEvent:
    return UsageEvent(
        id=reservation.id,
        user_id=reservation.user_id,
        feature=reservation.feature,
        provider=_UNKNOWN,
        model_asked=_UNKNOWN,
        model_used=_UNKNOWN,
        status=UsageStatus.ERROR,
        started_at=reservation.reserved_at,
        total_ms=int(LIFETIME.total_seconds() * 1000),
    )
