"""What clients keep with their conversations and messages."""

from typing import Any

from msgspec import json

from domain.shared.errors import Invalid

LARGEST = 16 * 1024  # bytes, as JSON


class MetadataTooLarge(Invalid): ...


def bounded(metadata: dict[str, Any]) -> dict[str, Any]:
    """Raises MetadataTooLarge."""
    if len(json.encode(metadata)) > LARGEST:
        raise MetadataTooLarge("metadata may hold 16 KiB")
    return metadata
