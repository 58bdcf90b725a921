"""How often each user may do what costs us most."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from application.shared.actor import Actor
from application.shared.limits import RateLimits
from application.shared.ports import Clock
from domain.shared.errors import Busy


class Metered(StrEnum):
    UPLOADS = "uploads"
    SEARCHES = "searches"


@dataclass(frozen=True, slots=True)
class Quotas:
    """What the operator allows a user; 0 is no limit."""

    uploads_per_hour: int = 600
    searches_per_minute: int = 600

    def of(self, what: Metered) -> tuple[int, timedelta]:
        """How many, in which time."""
        if what is Metered.UPLOADS:
            return self.uploads_per_hour, timedelta(hours=1)
        return self.searches_per_minute, timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a user has left of a quota: `remaining` until it begins anew."""

    what: Metered
    limit: int
    window: timedelta
    remaining: int
    renews_in: timedelta


class QuotaExceeded(Busy):
    def __init__(self, allowance: Allowance) -> None:
        detail = f"{allowance.limit} {allowance.what} are allowed in {allowance.window}"
        super().__init__(detail, allowance.renews_in)
        self.allowance = allowance


@dataclass(frozen=True, slots=True)
class CountUse:
    """Count one more use, before it costs anything. Raises QuotaExceeded."""

    limits: RateLimits
    quotas: Quotas
    clock: Clock

    async def __call__(self, actor: Actor, what: Metered) -> Allowance | None:
        """What is left, or None where there is no limit."""
        limit, window = self.quotas.of(what)
        if limit == 0:
            return None
        try:
            used = await self.limits.count(
                f"{what}:{actor.user_id}", limit, window, self.clock.now()
            )
        except Busy as busy:
            raise QuotaExceeded(Allowance(what, limit, window, 0, busy.retry_after)) from None
        return Allowance(what, limit, window, limit - used.count, used.renews_in)
