from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

LEEWAY = timedelta(seconds=30)  # how much clocks may differ
FOLLOWED = timedelta(minutes=1)  # by then every process knows of a rotation


class KeyState(StrEnum):
    """`next` is only published, so that everybody knows it once it signs; `active` signs;
    `retiring` verifies what it signed."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRING = "retiring"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """`public_jwk` is a JSON Web Key, `private_key` a PKCS #8 key that Crypto has sealed."""

    kid: str
    algorithm: str
    public_jwk: str
    private_key: bytes = field(repr=False)
    state: KeyState
    created_at: datetime
    retired_at: datetime | None = None

    def verifies(self, at: datetime, lifetime: timedelta) -> bool:
        """Whether a token that it signed may still be alive: whoever got hold of a key that is
        older could sign whatever they like."""
        return self.retired_at is None or at < self.retired_at + overlap(lifetime)


def overlap(lifetime: timedelta) -> timedelta:
    """How long a retiring key is kept for the tokens, `lifetime` long, that it has signed."""
    return lifetime + LEEWAY + FOLLOWED
