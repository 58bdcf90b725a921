"""Ids that more than one context speaks of."""

from typing import NewType
from uuid import UUID

UserId = NewType("UserId", UUID)
FileId = NewType("FileId", UUID)
DocumentId = NewType("DocumentId", UUID)
VersionId = NewType("VersionId", UUID)
ChunkId = NewType("ChunkId", UUID)
