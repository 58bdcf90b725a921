"""A session is a family of refresh tokens, of which only the newest opens the door.

Member `n` of a family is derived from the family's key, so a successor can be given again after
a lost answer, although the database keeps nothing but its SHA-256.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType
from uuid import UUID

from domain.shared.errors import Forbidden, Unauthenticated
from domain.shared.ids import UserId

SessionId = NewType("SessionId", UUID)

IDLE = timedelta(days=7)
ABSOLUTE = timedelta(days=30)
GRACE = timedelta(seconds=10)  # how long a token's direct parent still gets the same successor
FRESH = timedelta(minutes=5)  # how long after its opening a session proves who is there

_PREFIX = "cr_"


class InvalidRefreshToken(Unauthenticated): ...


class ReauthenticationNeeded(Forbidden): ...


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """Names its family and its place in it; the 256-bit secret is the family key's to make."""

    session_id: SessionId
    counter: int
    secret: bytes

    def __str__(self) -> str:
        body = self.session_id.bytes + self.counter.to_bytes(4) + self.secret
        return _PREFIX + base64.urlsafe_b64encode(body).decode().rstrip("=")

    def __repr__(self) -> str:
        return f"RefreshToken({self.session_id}, {self.counter})"

    @property
    def hash(self) -> bytes:
        return hashlib.sha256(self.secret).digest()


def parse_refresh_token(text: str) -> RefreshToken:
    """Raises InvalidRefreshToken."""
    try:
        body = base64.b64decode(
            text.removeprefix(_PREFIX) + "=" * (-len(text.removeprefix(_PREFIX)) % 4),
            altchars=b"-_",
            validate=True,
        )
    except (binascii.Error, ValueError):
        body = b""
    if not text.startswith(_PREFIX) or len(body) != 52:
        raise InvalidRefreshToken("this refresh token is not valid")
    session_id = SessionId(UUID(bytes=body[:16]))
    return RefreshToken(session_id, int.from_bytes(body[16:20]), body[20:])


def member(session_id: SessionId, family_key: bytes, counter: int) -> RefreshToken:
    """The family's token number `counter`: HMAC-SHA256 of its place under the family's key."""
    place = session_id.bytes + counter.to_bytes(4)
    return RefreshToken(session_id, counter, hmac.digest(family_key, place, "sha256"))


@dataclass(slots=True, kw_only=True)
class Session:
    """Kept after it has ended: the reason is part of the account's history."""

    id: SessionId
    user_id: UserId
    family_key: bytes  # encrypted
    counter: int
    token_hash: bytes
    parent_hash: bytes | None = None
    rotated_at: datetime | None = None
    created_at: datetime
    idle_until: datetime
    expires_at: datetime
    device_name: str | None = None
    address: str | None = None
    user_agent: str | None = None
    revoked_at: datetime | None = None
    revoked_reason: str | None = None

    def gives_again(self, presented: RefreshToken, at: datetime) -> bool:
        """Whether `presented` is the direct parent, come back within the grace period: a second
        tab, or a client that lost the answer."""
        return (
            self.revoked_at is None
            and self.rotated_at is not None
            and at - self.rotated_at <= GRACE
            and self.parent_hash is not None
            and hmac.compare_digest(self.parent_hash, presented.hash)
        )


def idle_until(at: datetime, expires_at: datetime) -> datetime:
    """A session dies of idleness, but never later than its absolute end."""
    return min(at + IDLE, expires_at)
