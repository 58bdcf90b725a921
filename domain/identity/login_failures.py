"""Wrong passwords, counted by what was typed as the account's name: whether there is such an
account makes no difference, so a lock tells nobody."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.identity.user import InvalidEmail, email
from domain.shared.errors import Busy

TRIES = 5
WINDOW = timedelta(minutes=15)
LONGEST = timedelta(minutes=15)


class AccountLocked(Busy):
    """Too many wrong passwords; never for ever."""


def identifier(typed: str) -> bytes:
    """What failures are counted under: SHA-256 of the address, or of what should have been one."""
    try:
        normal: str = email(typed)
    except InvalidEmail:
        normal = typed.strip().casefold()
    return hashlib.sha256(normal.encode(errors="surrogatepass")).digest()


@dataclass(slots=True, kw_only=True)
class Failures:
    """The wrong passwords of one identifier that still count."""

    identifier: bytes
    count: int = 0
    first_at: datetime
    last_at: datetime
    locked_until: datetime | None = None

    def locked(self, at: datetime) -> bool:
        return self.locked_until is not None and self.locked_until > at

    def admit(self, at: datetime) -> None:
        """Raises AccountLocked. Who tries while it is locked does not lengthen the lock."""
        if self.locked_until is not None and self.locked_until > at:
            raise AccountLocked("too many wrong passwords", self.locked_until - at)

    def add(self, at: datetime) -> None:
        """One more: the fifth within 15 minutes locks for 2 seconds, each further one for twice as
        long as the one before, up to 15 minutes; 15 quiet minutes after that all is forgotten."""
        if (self.locked_until or self.first_at) <= at - WINDOW:
            self.count, self.first_at, self.locked_until = 0, at, None
        self.count, self.last_at = self.count + 1, at
        if self.count >= TRIES:
            self.locked_until = at + lock(self.count)


def lock(count: int) -> timedelta:
    """How long the failure number `count` locks, 5 or more."""
    return min(timedelta(seconds=2 ** min(count - TRIES + 1, 10)), LONGEST)
