from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from application.identity.views import (
    AccountView,
    AuditFilter,
    AuditPage,
    AuditPageRequest,
    KeySet,
    SessionView,
    UserFilter,
    UserView,
)
from application.shared.actor import Actor
from application.shared.page import Listing, Page, PageRequest, Paging
from application.shared.records import Records
from domain.identity.api_key import ApiKey, ApiKeyId
from domain.identity.audit import AuditEvent, Entry
from domain.identity.consent import Consent, ConsentEvent
from domain.identity.consent import Purpose as ConsentPurpose
from domain.identity.login_failures import Failures
from domain.identity.one_time_token import OneTimeToken, Purpose
from domain.identity.session import RefreshToken, Session, SessionId
from domain.identity.signing_key import KeyState, SigningKey
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

    async def save(self, user: User) -> None:
        """Raises EmailTaken."""
        ...

    async def deleted(self, user_id: UserId) -> User:
        """A deleted account, locked until the running transaction ends. Raises NotFound."""
        ...

    async def deleted_before(self, at: datetime, limit: int) -> list[UserId]:
        """Accounts whose time to be restored is over, the longest deleted first."""
        ...

    async def remove(self, user_id: UserId) -> None:
        """The account itself goes, once nothing of it is left."""
        ...

    async def admins(self) -> list[UserId]:
        """Who administers: active and not deleted. All are locked until the running transaction
        ends, so whoever takes one away sees what others took. Ask before locking anybody else."""
        ...


class UserReader(Protocol):
    async def one(self, user_id: UserId) -> AccountView:
        """Also a deleted one. Raises NotFound."""
        ...

    async def page(self, wanted: UserFilter, paging: Paging) -> Listing[AccountView]: ...


class Credentials(Protocol):
    async def revoke(self, user_id: UserId, at: datetime, reason: str) -> None:
        """Everything that opens an account besides its password ends: sessions, API keys,
        one-time tokens."""
        ...


class Sessions(Protocol):
    async def add(self, session: Session) -> None: ...

    async def get(self, session_id: SessionId) -> Session:
        """Not locked. Raises NotFound, also when its user is deleted or inactive."""
        ...

    async def rotate(
        self, presented: RefreshToken, successor: RefreshToken, at: datetime, idle_until: datetime
    ) -> bool:
        """Put `successor` in the place of `presented`, in one conditional update. False when
        `presented` is not the newest of its family, or the session is over."""
        ...

    async def revoke(
        self, user_id: UserId, session_id: SessionId, at: datetime, reason: str
    ) -> bool:
        """End a session. False for one that has been ended, or is another user's: it stays as it
        is."""
        ...

    async def revoke_all(
        self, user_id: UserId, at: datetime, reason: str, but: SessionId | None = None
    ) -> None:
        """End all of a user's sessions, `but` excepted."""
        ...


class SessionReader(Protocol):
    async def page(
        self, user_id: UserId, current: UUID | None, at: datetime, request: PageRequest
    ) -> Page[SessionView]:
        """A user's live sessions, newest first; `current` is the one that asks."""
        ...


class Passwords(Protocol):
    """Each raises Unavailable, at once or soon, when there is more to hash than can be done."""

    async def hash(self, password: Password) -> PasswordHash: ...

    async def verify(self, typed: str, against: PasswordHash | None) -> bool:
        """`against` None, for an account that does not exist, takes as long and is false."""
        ...

    async def renewed(self, typed: str, kept: PasswordHash) -> PasswordHash | None:
        """A hash of today's strength, where `typed` was right and `kept` was made in another way.
        None also when there is no time for it now."""
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

    async def read(self, token: str) -> Claims:
        """Raises Unauthenticated for a token that is not ours, not for access, or too old."""
        ...

    def public_keys(self) -> KeySet: ...


class KeyPairs(Protocol):
    def make(self, state: KeyState, at: datetime) -> SigningKey:
        """A new one, its private half sealed."""
        ...


class SigningKeys(Protocol):
    async def all(self) -> list[SigningKey]:
        """The active key first, then the next, then those that retire."""
        ...

    async def add(self, key: SigningKey) -> None:
        """Unless there is one of its state, which only retiring keys may share: of two processes
        that start on an empty database, one is faster."""
        ...

    async def rotate(self, fresh: SigningKey, at: datetime, gone_before: datetime) -> bool:
        """Inside the running transaction: the active key retires, the next is active, `fresh` is
        next, and what retired by `gone_before` is gone. False, and nothing happens, when
        another rotation ended meanwhile."""
        ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, and how they look to themselves: both come from the same row."""

    actor: Actor
    user: UserView


class Callers(Protocol):
    async def caller(self, token: str) -> Caller:
        """Whose access token or API key this is, by one read of session or key and user: scopes come
        from there, never from the token. Raises Unauthenticated for a bad token, a dead session or
        a revoked key, AccountInactive."""
        ...


class OneTimeTokens(Protocol):
    async def add(self, token: OneTimeToken) -> None: ...

    async def find(self, purpose: Purpose, hash: bytes, at: datetime) -> OneTimeToken:
        """The one that `take` would use up. Raises InvalidToken."""
        ...

    async def take(self, purpose: Purpose, hash: bytes, at: datetime) -> OneTimeToken:
        """Use it up, in one conditional update: of twenty who try at once, one succeeds. Raises
        InvalidToken for one that is unknown, of another purpose, used, or too old."""
        ...

    async def revoke(self, user_id: UserId, purpose: Purpose, at: datetime) -> None:
        """Use up all that a user still has of a purpose."""
        ...


class AuditLog(Protocol):
    async def add(self, event: AuditEvent) -> None:
        """Append to the chain, inside the running transaction. The chain's end is held until
        that transaction ends, so let this be its last step."""
        ...


class LoginFailures(Protocol):
    """Kept in ordinary, logged rows: they survive a crash."""

    async def get(self, identifier: bytes) -> Failures | None:
        """Not locked."""
        ...

    async def hold(self, identifier: bytes, at: datetime) -> Failures:
        """Those there are, or none yet since `at`; nobody else gets them before the running
        transaction ends. Unlike `get`, for adding one."""
        ...

    async def save(self, failures: Failures) -> None:
        """What was held."""
        ...

    async def reset(self, identifier: bytes) -> None: ...


class AuditReader(Protocol):
    async def page(self, wanted: AuditFilter, request: AuditPageRequest) -> AuditPage:
        """Newest first."""
        ...

    async def entries(self, after: int, limit: int) -> list[Entry]:
        """The chain as it is kept, in order, behind entry number `after`."""
        ...


class AccountRecords(Records, Protocol):
    """What identity keeps of a user; nothing that opens a door is shown. Erasing leaves the account
    itself, which Users removes, and the audit log, which holds ids only."""


class ApiKeys(Protocol):
    async def add(self, key: ApiKey) -> None: ...

    async def live(self, user_id: UserId, at: datetime) -> list[ApiKey]:
        """Neither revoked nor expired, the newest first."""
        ...

    async def revoke(self, user_id: UserId, key_id: ApiKeyId, at: datetime) -> None:
        """Raises NotFound, also for one that is another user's or revoked already."""
        ...

    async def revoke_all(self, user_id: UserId, at: datetime) -> None: ...


class Consents(Protocol):
    async def all(self, user_id: UserId) -> list[Consent]:
        """What a user has decided so far: nothing for a purpose that was never asked."""
        ...

    async def one(self, user_id: UserId, purpose: ConsentPurpose) -> Consent | None: ...

    async def save(self, consent: Consent, event: ConsentEvent) -> None:
        """Keep the decision, and append it to the history."""
        ...

    async def history(self, user_id: UserId, request: PageRequest) -> Page[ConsentEvent]:
        """Every decision, the newest first."""
        ...


class Expired(Protocol):
    async def remove(self, before: datetime) -> int:
        """One-time tokens that ended, and failures and counts whose last was, before then. How
        many."""
        ...
