"""Keys for programs: `ck_<id>_<secret>`. The secret has 256 bits, so its SHA-256 is all we keep."""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType
from uuid import UUID

from domain.shared.errors import Unauthenticated
from domain.shared.ids import UserId

ApiKeyId = NewType("ApiKeyId", UUID)

PREFIX = "ck_"
_ID, _SECRET = 32, 43  # characters: hexadecimal, and base64 without its padding


@dataclass(slots=True, kw_only=True)
class ApiKey:
    """`scopes` are what it opens: never more than its owner's session, and no credentials."""

    id: ApiKeyId
    user_id: UserId
    name: str
    hash: bytes = field(repr=False)
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PresentedKey:
    """What somebody sent as a key: which one it claims to be, and the proof."""

    id: ApiKeyId
    hash: bytes = field(repr=False)


def key_text(key_id: ApiKeyId, secret: bytes) -> str:
    """What the owner is shown, once."""
    return f"{PREFIX}{key_id.hex}_{base64.urlsafe_b64encode(secret).decode().rstrip('=')}"


def key_hash(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()


def parse_key(text: str) -> PresentedKey:
    """Raises Unauthenticated for what cannot be a key."""
    key_id, _, secret = text.removeprefix(PREFIX).partition("_")
    try:
        if not text.startswith(PREFIX) or (len(key_id), len(secret)) != (_ID, _SECRET):
            raise ValueError(PREFIX)
        opened = base64.b64decode(secret + "=", altchars=b"-_", validate=True)
        return PresentedKey(ApiKeyId(UUID(hex=key_id)), key_hash(opened))
    except (ValueError, binascii.Error):
        raise Unauthenticated("this API key is not valid") from None
