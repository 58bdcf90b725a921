from dataclasses import dataclass
from datetime import timedelta

from application.identity.ports import Expired
from application.shared.ports import Clock

KEPT = timedelta(days=1)  # after it means nothing any more, so that the log can be read beside it


@dataclass(frozen=True, slots=True)
class ForgetExpired:
    """Remove what has run out: links and sign-ins at providers that nobody finished, wrong
    passwords and counters of long ago. Run by a schedule; else an attacker could fill tables, a row
    for every address they make up."""

    expired: Expired
    clock: Clock

    async def __call__(self) -> int:
        """How many rows went."""
        return await self.expired.remove(self.clock.now() - KEPT)
