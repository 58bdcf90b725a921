"""What identity shows to a caller: one Struct from the row to the response body."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from application.shared.page import PageSize
from domain.identity.audit import Entry, Outcome
from domain.identity.oauth import ConnectionId
from domain.identity.session import SessionId
from domain.identity.user import User
from domain.shared.ids import UserId


class UserView(Struct, frozen=True):
    """An account as its owner sees it. Times are UTC. `is_premium`: its subscription runs now;
    `data_retention_days`: how long its things are kept, null for ever."""

    id: UserId
    email: str
    email_verified: bool
    display_name: str | None
    full_name: str | None
    avatar_url: str | None
    timezone: str
    locale: str
    organization: str | None
    role: str | None
    phone: str | None
    location: str | None
    linkedin_url: str | None
    github_url: str | None
    portfolio_url: str | None
    preferences: dict[str, Any]
    subscription_tier: str
    subscription_expires_at: datetime | None
    is_premium: bool
    data_retention_days: int | None
    is_active: bool
    is_admin: bool
    created_at: datetime
    updated_at: datetime
    last_login_at: datetime | None
    last_active_at: datetime | None


class RegistrationAccepted(Struct, frozen=True):
    """Says nothing, on purpose: new or not, the address gets a mail."""

    detail: str = "if this address can be registered, a mail is on its way to it"


class AccountView(UserView, frozen=True):
    """An account as an administrator sees it: deleted ones too, for 30 days."""

    deleted_at: datetime | None


class UserOrder(StrEnum):
    """`-` is downwards: `-created_at` is newest first."""

    CREATED = "created_at"
    NEWEST = "-created_at"
    EMAIL = "email"
    EMAIL_DOWN = "-email"
    LAST_LOGIN = "last_login_at"
    LAST_LOGIN_DOWN = "-last_login_at"

    @property
    def field(self) -> str:
        return self.removeprefix("-")

    @property
    def down(self) -> bool:
        return self.startswith("-")


class UserFilter(Struct, frozen=True):
    """Which accounts: `q` is a part of the e-mail, the display name or the full name, whatever its
    case; None does not ask."""

    is_active: bool | None = None
    is_admin: bool | None = None
    deleted: bool = False
    q: str | None = None
    sort: UserOrder = UserOrder.NEWEST


class AuditEntryView(Struct, frozen=True):
    """Who did what to what; `hash` seals the log up to here."""

    number: int
    id: UUID
    at: datetime
    action: str
    outcome: Outcome
    actor_id: UUID | None
    object_type: str | None
    object_id: UUID | None
    request_id: str | None
    hash: str


class AuditFilter(Struct, frozen=True):
    """Which entries; `since` is within, `until` is not."""

    actor_id: UUID | None = None
    action: str | None = None
    outcome: Outcome | None = None
    object_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditPageRequest(Struct, frozen=True):
    """`before` is the number of the last entry the caller has seen."""

    size: PageSize = 20
    before: Annotated[int, Meta(ge=1, le=2**53)] | None = None


class AuditPage(Struct, frozen=True):
    items: list[AuditEntryView]
    next: int | None

    @classmethod
    def cut(cls, rows: list[AuditEntryView], size: int) -> "AuditPage":
        """As Page.cut."""
        items = rows[:size]
        return cls(items, items[-1].number if len(rows) > size else None)


class TokenPair(Struct, frozen=True):
    """`expires_in`: seconds that the access token lives. The refresh token is good for one use."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int


class Login(Struct, frozen=True):
    """A TokenPair, and whose it is."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int
    user: UserView


class BrowserSession(Struct, frozen=True):
    """A session whose tokens are in cookies that no script can read. `expires_in`: seconds until it
    wants to be refreshed; `user` is told at login."""

    expires_in: int
    token_type: Literal["cookie"] = "cookie"  # noqa: S105
    user: UserView | UnsetType = UNSET


class SessionView(Struct, frozen=True):
    """A device that is signed in. `current`: it is the one that asks; `last_used_at`: when it last
    refreshed its tokens, or signed in."""

    id: SessionId
    device_name: str | None
    address: str | None
    user_agent: str | None
    created_at: datetime
    last_used_at: datetime
    current: bool


class ConnectionView(Struct, frozen=True):
    """A provider that signs the caller in. `email` is the address it told when it was connected."""

    id: ConnectionId
    provider: str
    email: str | None
    created_at: datetime


class KeySet(Struct, frozen=True):
    """The public keys that verify our access tokens (RFC 7517)."""

    keys: list[dict[str, Any]]


class Acknowledged(Struct, frozen=True):
    """What was done, or will be, in words."""

    message: str


def user_view(user: User, at: datetime) -> UserView:
    shown = {name: getattr(user, name) for name in UserView.__struct_fields__}
    return UserView(**shown | {"is_premium": user.is_premium(at)})


def account_view(user: User, at: datetime) -> AccountView:
    shown = {name: getattr(user, name) for name in AccountView.__struct_fields__}
    return AccountView(**shown | {"is_premium": user.is_premium(at)})


def audit_entry_view(entry: Entry) -> AuditEntryView:
    event = entry.event
    return AuditEntryView(
        entry.number,
        event.id,
        event.at,
        event.action,
        event.outcome,
        event.actor_id,
        event.object_type,
        event.object_id,
        event.request_id,
        entry.hash.hex(),
    )
