"""Environments that settings are read from, and what is wrong with them."""

import base64

from entrypoints.environment import load
from entrypoints.settings import WrongSettings

KEY = base64.b64encode(bytes(range(32))).decode()
SECRET = "Zm9yIHRlc3RzIG9ubHk6IG5vIG9uZSB1c2Vz"
SAFE = {
    "ENVIRONMENT": "production",
    "ENCRYPTION_KEY": KEY,
    "JWT_ALGORITHM": "HS256",
    "JWT_SECRET": SECRET,
    "PUBLIC_URL": "https://api.example.org",
}


def complaints(environ: dict[str, str]) -> list[str]:
    """The variables that are named."""
    try:
        load(environ)
    except WrongSettings as error:
        return [line.split(":")[0] for line in str(error).splitlines()]
    return []
