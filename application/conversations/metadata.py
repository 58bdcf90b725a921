"""What clients keep with their conversations and messages."""

from typing import Any

from msgspec import json

from domain.shared.errors import Invalid

LARGEST = 16 * 1024  # bytes, as JSON


class InvalidMetadata(Invalid):
    fields = ("metadata",)


def bounded(metadata: dict[str, Any]) -> dict[str, Any]:
    """Raises InvalidMetadata."""
    encoded = json.encode(metadata)
    if len(encoded) > LARGEST:
        raise InvalidMetadata("metadata may hold 16 KiB")
    if rb"\u0000" in encoded:
        raise InvalidMetadata("text may not hold a NUL character")
    return metadata
