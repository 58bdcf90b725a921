"""What clients keep with their conversations and messages."""

import re
from typing import Any

from msgspec import json

from domain.shared.errors import Invalid

LARGEST = 16 * 1024  # bytes, as JSON

# As JSON has it: after a backslash that is escaped itself, it is text.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class InvalidMetadata(Invalid):
    fields = ("metadata",)


def bounded(metadata: dict[str, Any]) -> dict[str, Any]:
    """Raises InvalidMetadata."""
    encoded = json.encode(metadata)
    if len(encoded) > LARGEST:
        raise InvalidMetadata("metadata may hold 16 KiB")
    if _NUL.search(encoded):
        raise InvalidMetadata("text may not hold a NUL character")
    return metadata
