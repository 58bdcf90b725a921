import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NewType, Self
from zoneinfo import ZoneInfo

from domain.identity.common_passwords import is_common
from domain.shared.errors import Conflict, Forbidden, Invalid, Unauthenticated
from domain.shared.ids import UserId

Email = NewType("Email", str)
PasswordHash = NewType("PasswordHash", str)

FREE = "free"  # the tier without a subscription

RESTORABLE = timedelta(days=30)  # from the deletion on; then everything of the account goes

_ATOM = r"""[^\s@.,:;<>()\[\]\\"]+"""
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?=[a-z]){_LABEL}")
_DOTS = re.compile("[.。]")
# Printable, says Unicode, but nobody sees them: joiners, fillers, variation selectors.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
_PRODUCT = "colonnade"
_KIB = 1024  # bytes of a password: 128 of the longest characters take half of it
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-[A-Za-z0-9]{4,8})*")


class InvalidEmail(Invalid):
    fields = ("email", "new_email")


class InvalidTimezone(Invalid):
    fields = ("timezone",)


class InvalidLocale(Invalid):
    fields = ("locale",)


class WeakPassword(Invalid):
    fields = ("password", "new_password")


class EmailTaken(Conflict): ...


class RestoreExpired(Conflict): ...


class InvalidCredentials(Unauthenticated): ...


class AccountInactive(Forbidden): ...


class EmailNotVerified(Forbidden): ...


def email(text: str) -> Email:
    """An address in its normal form: `email(" Ada@Bücher.de ") == "ada@xn--bcher-kva.de"`. Upper
    and lower case, full width, composed or not: all are one address, and one account."""
    if len(text) > 1024:  # before the work of normalising it
        raise InvalidEmail("an e-mail address has at most 254 characters")
    lower = _lower(text.strip(" "))
    if not lower.isprintable() or _UNSEEN.search(lower):
        raise InvalidEmail("this is not an e-mail address")
    name, _, host = lower.rpartition("@")
    normal = f"{name}@{'.'.join(_ascii(label) for label in _DOTS.split(host))}"
    if len(normal) > 254 or len(name.encode()) > 64:
        raise InvalidEmail("an e-mail address has at most 254 characters, 64 before the @")
    if not _EMAIL.fullmatch(normal):
        raise InvalidEmail("this is not an e-mail address")
    return Email(normal)


def _lower(text: str) -> str:
    # Each character for itself: str.lower() looks at what stands beside a Greek sigma.
    lower = "".join(c.lower() for c in unicodedata.normalize("NFKC", text))
    return unicodedata.normalize("NFKC", lower)


def _ascii(label: str) -> str:
    """A host's label as IDNA 2008 has it. Python's own codec is of 2003, and would send the mail of
    straße.de to strasse.de, which is somebody else's."""
    return label if label.isascii() else f"xn--{label.encode('punycode').decode()}"


def timezone(text: str) -> str:
    """A zone of the IANA database, `Europe/Berlin` for instance. Raises InvalidTimezone."""
    try:
        ZoneInfo(text)
    except (ValueError, KeyError, OSError):  # not a name, unknown, a folder of names
        raise InvalidTimezone("this is not an IANA time zone") from None
    return text


def locale(text: str) -> str:
    """A language tag (BCP 47), `en-US` for instance. Raises InvalidLocale."""
    if not _LOCALE.fullmatch(text):
        raise InvalidLocale("this is not a language tag such as en-US")
    return text


def typed_password(text: str) -> str:
    """What is hashed: keyboards differ in how they compose an accent, so NFC decides. Raises
    InvalidCredentials past 1 KiB: that is nobody's password, and hashing it would only cost."""
    if len(text.encode()) > _KIB:
        raise InvalidCredentials("the e-mail or the password is wrong")
    return unicodedata.normalize("NFC", text)


@dataclass(frozen=True, slots=True)
class Password:
    """A password a user chose. Never printed. Raises WeakPassword, which says why: too short, too
    long, a common one, or the product's name. Which characters it has is nobody's business."""

    text: str = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.text.encode()) > _KIB:  # before it is worked with
            raise WeakPassword("a password has at most 1024 bytes")
        object.__setattr__(self, "text", typed_password(self.text))
        if not 8 <= len(self.text) <= 128:
            raise WeakPassword("a password has 8 to 128 characters")
        if self.text.casefold() == _PRODUCT:
            raise WeakPassword("the name of this product is not a password")
        if is_common(self.text):
            raise WeakPassword("this password is one of the most common ones")

    @classmethod
    def chosen_by(cls, owner: Email, text: str) -> Self:
        """One that does not repeat its owner's address, or what stands before the @ in it."""
        password = cls(text)
        said = password.text.strip()
        with suppress(InvalidEmail):
            said = email(said)  # an address has many spellings
        if said.casefold() in {owner.casefold(), owner.rpartition("@")[0].casefold()}:
            raise WeakPassword("an e-mail address is not a password")
        return password


@dataclass(slots=True, kw_only=True)
class User:
    """An account. Without a password hash only an outside provider can sign it in."""

    id: UserId
    email: Email
    password: PasswordHash | None
    display_name: str | None = None
    full_name: str | None = None
    avatar_url: str | None = None
    timezone: str = "UTC"
    locale: str = "en-US"
    organization: str | None = None
    role: str | None = None  # what it says on the door: never what somebody may do
    phone: str | None = None
    location: str | None = None
    linkedin_url: str | None = None
    github_url: str | None = None
    portfolio_url: str | None = None
    preferences: dict[str, Any] = field(default_factory=dict)
    subscription_tier: str = FREE
    subscription_expires_at: datetime | None = None
    anonymous_id: str  # names the account where nobody may know whose it is
    data_retention_days: int | None = None  # None keeps everything
    email_verified: bool = False
    is_active: bool = True
    is_admin: bool = False
    created_at: datetime
    updated_at: datetime
    last_login_at: datetime | None = None
    last_active_at: datetime | None = None
    deleted_at: datetime | None = None

    def signed_in(self, at: datetime) -> None:
        """Stamp the visit. Raises AccountInactive."""
        if not self.is_active:
            raise AccountInactive("this account is not active")
        self.last_login_at = self.last_active_at = at

    def revise(self, changes: Mapping[str, Any], at: datetime) -> None:
        """Take over fields that were checked before."""
        for name, value in changes.items():
            setattr(self, name, value)
        self.updated_at = at

    def delete(self, at: datetime) -> None:
        self.deleted_at = self.updated_at = at

    def restorable(self, at: datetime) -> bool:
        return self.deleted_at is not None and at - self.deleted_at < RESTORABLE

    def restore(self, at: datetime) -> None:
        """Raises RestoreExpired."""
        if not self.restorable(at):
            raise RestoreExpired("this account was deleted too long ago")
        self.deleted_at, self.updated_at = None, at

    def is_premium(self, at: datetime) -> bool:
        expires = self.subscription_expires_at
        return self.subscription_tier != FREE and (expires is None or expires > at)
