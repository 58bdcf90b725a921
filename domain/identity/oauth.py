"""Signing in by an outside provider (OAuth 2, OpenID Connect): what it proves, and what that opens."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import UUID

from domain.identity.user import Email, User
from domain.shared.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
    Unavailable,
)
from domain.shared.ids import UserId

ConnectionId = NewType("ConnectionId", UUID)

_PORTS = {"http": 80, "https": 443}


class UnknownProvider(NotFound):
    """It is not configured."""


class RedirectNotAllowed(Invalid):
    """Where the browser shall go afterwards is no place of ours."""


class ProviderDenied(Forbidden):
    """The user, or the provider for them, said no."""


class ProviderUnavailable(Unavailable):
    """It does not answer, or not as the standard says."""


class InvalidProof(Unauthenticated):
    """What the provider says of the user does not hold."""


class UnverifiedEmail(Forbidden):
    """The provider does not vouch for the address, so it opens no account."""


class AccountExists(Conflict):
    """The address has an account that this provider may not open yet."""


class ConnectionTaken(Conflict):
    """The provider's account is connected to another account of ours."""


class LastSignInMethod(Conflict):
    """Nobody could get into the account any more."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one sign-in remembers while the browser is away. `nonce` comes back in the provider's
    answer; `verifier` proves that who redeems the code is who asked for it (PKCE, RFC 7636)."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)

    @property
    def challenge(self) -> str:
        """S256 of the verifier."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Somebody, as their provider knows them: `subject` is theirs for ever, an address is not."""

    issuer: str
    subject: str
    email: Email | None = None
    email_verified: bool = False
    full_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthConnection:
    """Whoever proves to be `subject` of `issuer` is this user."""

    id: ConnectionId
    user_id: UserId
    provider: str
    issuer: str
    subject: str
    email: Email | None
    created_at: datetime
    updated_at: datetime


class Claim(StrEnum):
    """What a verified address of a provider opens."""

    CONNECT = "connect"
    TAKE_OVER = "take_over"
    NOTHING = "nothing"


def claim(user: User) -> Claim:
    """On an account that has the address already.

    Whoever opened it without proving the address may have done so to lie in wait for its owner, so
    the owner gets it without anything that opens it now. One whose address is proven, but in
    which nobody has ever signed in, is not given away by an address alone; nor is an administrator's,
    for with it would go everybody's.
    """
    if not user.email_verified:
        return Claim.NOTHING if user.is_admin else Claim.TAKE_OVER
    return Claim.NOTHING if user.last_login_at is None else Claim.CONNECT


@dataclass(frozen=True, slots=True)
class ReturnTargets:
    """Where a browser may be sent after a sign-in: origins, or URLs with everything below them."""

    allowed: Sequence[str]

    def admit(self, url: str) -> str:
        """`url`, if it is allowed. Raises RedirectNotAllowed."""
        target = _parsed(url)
        if target is None or not any(_covers(one, target) for one in self.allowed):
            raise RedirectNotAllowed("the browser may not be sent there")
        return url


def _covers(allowed: str, target: SplitResult) -> bool:
    base = _parsed(allowed)
    if base is None or _origin(base) != _origin(target):
        return False
    path = base.path.rstrip("/")
    return target.path == path or target.path.startswith(f"{path}/") or not path


def _parsed(url: str) -> SplitResult | None:
    """None for whatever a browser might read otherwise than we do."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    dots = any(unquote(part) in (".", "..") for part in parts.path.split("/"))
    named = parts.scheme in _PORTS and parts.hostname and "@" not in parts.netloc
    return parts if named and not dots else None


def _origin(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]
