"""What identity shows to a caller: one Struct from the row to the response body."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from domain.identity.user import User
from domain.shared.ids import UserId


class UserView(Struct, frozen=True):
    """An account as its owner sees it. Times are UTC."""

    id: UserId
    email: str
    display_name: str | None
    full_name: str | None
    timezone: str
    locale: str
    email_verified: bool
    is_active: bool
    is_admin: bool
    created_at: datetime
    updated_at: datetime
    last_login_at: datetime | None


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


class KeySet(Struct, frozen=True):
    """The public keys that verify our access tokens (RFC 7517)."""

    keys: list[dict[str, Any]]


def user_view(user: User) -> UserView:
    return UserView(*(getattr(user, name) for name in UserView.__struct_fields__))
