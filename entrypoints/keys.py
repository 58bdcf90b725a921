"""Keys and secrets that are configured, or made at the first start of a development machine."""

import base64
import os
import re
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

_PLACEHOLDERS = (
    *("changeme", "changethis", "replaceme", "replacethis", "placeholder", "example", "default"),
    *("secret", "password", "insecure", "development", "yourkey"),
)
_VARIETY = 8  # different characters: 32 random bytes have 20 and more


def aes_keys(text: str) -> list[bytes]:
    """The keys in `text`, base64 with commas between; [] when one of them is not 32 bytes."""
    try:
        keys = [base64.b64decode(part.strip(), validate=True) for part in text.split(",")]
    except ValueError:
        return []
    return keys if all(len(key) == 32 for key in keys) else []


def is_placeholder(secret: str) -> bool:
    """Whether it was typed to be replaced, rather than drawn at random."""
    letters = re.sub(r"[^a-z0-9]", "", secret.lower())
    return len(set(secret)) < _VARIETY or any(word in letters for word in _PLACEHOLDERS)


def kept(path: Path) -> str:
    """32 random bytes in base64, written at the first call to a file that only we can read."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make(path)
    return path.read_text()


def _make(path: Path) -> None:
    # Several processes may start at once: the first link wins, and whoever reads, reads it whole.
    with NamedTemporaryFile(dir=path.parent, prefix=path.name) as fresh:  # of mode 600
        fresh.write(base64.b64encode(os.urandom(32)))
        fresh.flush()
        with suppress(FileExistsError):
            os.link(fresh.name, path)
