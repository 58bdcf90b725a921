from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from application.identity.views import KeySet, UserView
from application.shared.actor import Actor
from domain.identity.audit import AuditEvent
from domain.identity.oauth import Attempt, ConnectionId, Identity, OAuthConnection
from domain.identity.one_time_token import OneTimeToken, Purpose
from domain.identity.session import RefreshToken, Session, SessionId
from domain.identity.user import Email, Password, PasswordHash, User
from domain.shared.ids import UserId


class Users(Protocol):
    async def add(self, user: User) -> None:
        """Raises EmailTaken."""
        ...

    async def get(self, user_id: UserId) -> User:
        """Locked until the running transaction ends. Raises NotFound, also for a deleted one."""
        ...

    async def by_email(self, address: Email) -> User | None:
        """The live account of an address, not locked."""
        ...

    async def save(self, user: User) -> None: ...


class Sessions(Protocol):
    async def add(self, session: Session) -> None: ...

    async def get(self, session_id: SessionId) -> Session:
        """Not locked. Raises NotFound."""
        ...

    async def rotate(
        self, presented: RefreshToken, successor: RefreshToken, at: datetime, idle_until: datetime
    ) -> bool:
        """Put `successor` in the place of `presented`, in one conditional update. False when
        `presented` is not the newest of its family, or the session is over."""
        ...

    async def revoke(
        self, user_id: UserId, session_id: SessionId, at: datetime, reason: str
    ) -> None:
        """End a live session; one that is over, or another user's, stays as it is."""
        ...

    async def revoke_all(
        self, user_id: UserId, at: datetime, reason: str, but: SessionId | None = None
    ) -> None:
        """End all of a user's sessions, `but` excepted."""
        ...


class Passwords(Protocol):
    async def hash(self, password: Password) -> PasswordHash: ...

    async def verify(self, typed: str, against: PasswordHash | None) -> bool:
        """`against` None, for an account that does not exist, takes as long and is false."""
        ...


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says. Not whether it still holds: Callers finds that out."""

    user_id: UserId
    session_id: SessionId


class Tokens(Protocol):
    @property
    def lifetime(self) -> int:
        """Seconds that an access token lives."""
        ...

    def issue(self, claims: Claims) -> str: ...

    def read(self, token: str) -> Claims:
        """Raises Unauthenticated for a token that is not ours, not for access, or too old."""
        ...

    def public_keys(self) -> KeySet: ...


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`public_jwk` is a JSON Web Key, `private_key` a PKCS #8 key that Crypto has sealed."""

    kid: str
    public_jwk: str
    private_key: bytes


class SigningKeys(Protocol):
    async def all(self) -> list[SigningKey]:
        """The active key first."""
        ...

    async def add_first(self, key: SigningKey, at: datetime) -> None:
        """Make `key` the active one, unless there is one: of two processes that start on an empty
        database, one is faster."""
        ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, and how they look to themselves: both come from the same row."""

    actor: Actor
    user: UserView


class Callers(Protocol):
    async def caller(self, token: str) -> Caller:
        """Whose token this is, by one read of session and user: scopes come from there, never from
        the token. Raises Unauthenticated for a bad token or a dead session, AccountInactive."""
        ...


class OneTimeTokens(Protocol):
    async def add(self, token: OneTimeToken) -> None: ...

    async def take(self, purpose: Purpose, hash: bytes, at: datetime) -> OneTimeToken:
        """Use it up, in one conditional update: of twenty who try at once, one succeeds. Raises
        InvalidToken for one that is unknown, of another purpose, used, or too old."""
        ...

    async def revoke(self, user_id: UserId, purpose: Purpose, at: datetime) -> None:
        """Use up all that a user still has of a purpose."""
        ...


class OAuthConnections(Protocol):
    async def add(self, connection: OAuthConnection) -> None:
        """Raises ConnectionTaken when the subject has one."""
        ...

    async def find(self, issuer: str, subject: str) -> OAuthConnection | None:
        """Not locked."""
        ...

    async def of(self, user_id: UserId) -> list[OAuthConnection]:
        """All of a user's, newest first."""
        ...

    async def remove(self, user_id: UserId, connection_id: ConnectionId) -> None:
        """Another user's stays."""
        ...

    async def remove_all(self, user_id: UserId) -> None: ...


class IdentityProvider(Protocol):
    """Asked outside any transaction: it is a service on another machine. Both raise
    ProviderUnavailable."""

    async def address(self, attempt: Attempt) -> str:
        """Where the browser goes to sign in."""
        ...

    async def identity(self, code: str, attempt: Attempt) -> Identity:
        """Who came back with `code`. Raises InvalidProof."""
        ...


class IdentityProviders(Protocol):
    def named(self, name: str) -> IdentityProvider:
        """Raises UnknownProvider."""
        ...


class AuditLog(Protocol):
    async def add(self, event: AuditEvent) -> None:
        """Append to the chain, inside the running transaction. The chain's end is held until
        that transaction ends, so let this be its last step."""
        ...


class RateLimits(Protocol):
    async def count(self, bucket: str, limit: int, window: timedelta, at: datetime) -> None:
        """Count one more in `bucket`, at once and for good, so outside any transaction. Raises
        Busy, with the time to wait, when more than `limit` came within `window`."""
        ...
