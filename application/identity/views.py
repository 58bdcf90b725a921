"""What identity shows to a caller: one Struct from the row to the response body."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from domain.identity.oauth import ConnectionId
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


class ConnectionView(Struct, frozen=True):
    """A provider that signs the caller in. `email` is the address it told when it was connected."""

    id: ConnectionId
    provider: str
    email: str | None
    created_at: datetime


class KeySet(Struct, frozen=True):
    """The public keys that verify our access tokens (RFC 7517)."""

    keys: list[dict[str, Any]]


def user_view(user: User, at: datetime) -> UserView:
    shown = {name: getattr(user, name) for name in UserView.__struct_fields__}
    return UserView(**shown | {"is_premium": user.is_premium(at)})
