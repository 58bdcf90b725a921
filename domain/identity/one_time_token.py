"""Opaque texts that open one door, once: each kind its own. Only their SHA-256 is kept."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from domain.identity.user import Email
from domain.shared.errors import Malformed
from domain.shared.ids import UserId

OneTimeTokenId = NewType("OneTimeTokenId", UUID)


class Purpose(StrEnum):
    PASSWORD_RESET = "password_reset"  # noqa: S105
    EMAIL_VERIFICATION = "email_verification"
    EMAIL_CHANGE = "email_change"
    OAUTH_STATE = "oauth_state"


LIFETIME = {
    Purpose.PASSWORD_RESET: timedelta(hours=1),
    Purpose.EMAIL_VERIFICATION: timedelta(days=3),
    Purpose.EMAIL_CHANGE: timedelta(hours=24),
    Purpose.OAUTH_STATE: timedelta(minutes=10),
}


class InvalidToken(Malformed):
    """Unknown, of another purpose, used, or too old: nobody is told which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeToken:
    """`user_id` is None while nobody has signed in yet; `email` is the address to be proven;
    `payload`, encrypted, is what the door's keeper has to remember."""

    id: OneTimeTokenId
    user_id: UserId | None
    purpose: Purpose
    hash: bytes = field(repr=False)
    email: Email | None = None
    payload: bytes | None = field(default=None, repr=False)
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


def token_text(secret: bytes) -> str:
    """What is sent to the user, once."""
    return base64.urlsafe_b64encode(secret).decode().rstrip("=")


def token_hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
