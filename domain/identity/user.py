import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from domain.shared.errors import Conflict, Forbidden, Invalid, Unauthenticated
from domain.shared.ids import UserId

Email = NewType("Email", str)
PasswordHash = NewType("PasswordHash", str)

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class InvalidEmail(Invalid): ...


class WeakPassword(Invalid): ...


class EmailTaken(Conflict): ...


class InvalidCredentials(Unauthenticated): ...


class AccountInactive(Forbidden): ...


def email(text: str) -> Email:
    """An address in its normal form: `email(" Ada@X.org ") == "ada@x.org"`."""
    normal = text.strip().lower()
    if len(normal) > 254 or not normal.isprintable() or not _EMAIL.fullmatch(normal):
        raise InvalidEmail("this is not an e-mail address")
    return Email(normal)


def typed_password(text: str) -> str:
    """What is hashed: keyboards differ in how they compose an accent, so NFC decides."""
    return unicodedata.normalize("NFC", text)


@dataclass(frozen=True, slots=True)
class Password:
    """A password a user chose. Never printed."""

    text: str = field(repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", typed_password(self.text))
        if not 8 <= len(self.text) <= 128:
            raise WeakPassword("a password has 8 to 128 characters")


@dataclass(slots=True, kw_only=True)
class User:
    """An account. Without a password hash only an outside provider can sign it in."""

    id: UserId
    email: Email
    password: PasswordHash | None
    display_name: str | None = None
    full_name: str | None = None
    timezone: str = "UTC"
    locale: str = "en-US"
    email_verified: bool = False
    is_active: bool = True
    is_admin: bool = False
    created_at: datetime
    updated_at: datetime
    last_login_at: datetime | None = None
    deleted_at: datetime | None = None

    def signed_in(self, at: datetime) -> None:
        """Stamp the visit. Raises AccountInactive."""
        if not self.is_active:
            raise AccountInactive("this account is not active")
        self.last_login_at = at
