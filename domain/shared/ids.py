"""Ids that more than one context speaks of."""

from datetime import UTC, datetime, timedelta
from typing import NewType
from uuid import UUID

UserId = NewType("UserId", UUID)
FileId = NewType("FileId", UUID)
DocumentId = NewType("DocumentId", UUID)
VersionId = NewType("VersionId", UUID)
ChunkId = NewType("ChunkId", UUID)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_of(id: UUID) -> datetime:
    """When one of our ids (UUIDv7) was made."""
    return _EPOCH + timedelta(milliseconds=id.int >> 80)
