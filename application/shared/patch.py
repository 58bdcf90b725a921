"""Partial updates: a field that is not sent stays as it is, null empties it."""

from typing import Any

from msgspec import UNSET, Struct, structs


def given(change: Struct) -> dict[str, Any]:
    """The fields of a partial update that were sent."""
    return {name: value for name, value in structs.asdict(change).items() if value is not UNSET}
