from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from application.files.views import Sweep
from application.shared.records import Records
from domain.files.file import Purpose, StorageKey, StoredFile
from domain.files.ranges import ByteRange
from domain.shared.ids import FileId, UserId


class Files(Protocol):
    async def add(self, file: StoredFile) -> None: ...

    async def get(self, owner: UserId, file_id: FileId) -> StoredFile:
        """Raises NotFound."""
        ...

    async def of(self, owner: UserId, purpose: Purpose) -> list[FileId]:
        """All that the owner has for a purpose."""
        ...

    async def remove(self, owner: UserId, file_id: FileId) -> None:
        """Forget the row; the bytes are the caller's to remove, once this is kept."""
        ...


@dataclass(frozen=True, slots=True)
class StoredObject:
    key: StorageKey
    modified_at: datetime


class Objects(Protocol):
    """Each raises Unavailable while the storage does not answer."""

    async def put(self, key: StorageKey, content: AsyncIterator[bytes]) -> None:
        """Keep the whole stream under `key`, or, when the stream raises, nothing."""
        ...

    def read(self, key: StorageKey, part: ByteRange | None = None) -> AsyncIterator[bytes]:
        """The object's bytes, or only a part of them, in pieces. Raises NotFound."""
        ...

    async def remove(self, key: StorageKey) -> None:
        """Nothing happens when there is no such object."""
        ...

    def listed(self) -> AsyncIterator[list[StoredObject]]:
        """All whole objects, some at a time, in no order."""
        ...

    async def remove_unfinished(self, before: datetime) -> int:
        """What a put whose process was killed left behind, if it began before then. How many."""
        ...


class Sniffer(Protocol):
    def media_type(self, name: str, purpose: Purpose, head: bytes, tail: bytes) -> str:
        """The type of a file by its extension and by its content, which must agree. `head` is its
        first 8 KiB, `tail` its last 64 KiB. Raises UnsupportedFile."""
        ...


class AllFiles(Protocol):
    """Every user's: for upkeep, never for a request."""

    async def created(self, keys: list[StorageKey]) -> dict[StorageKey, datetime]:
        """Which of these keys are a file's, and since when."""
        ...

    async def count(self, before: datetime) -> int:
        """How many were created before then."""
        ...


class Sweeps(Protocol):
    """What the last sweep found."""

    async def keep(self, sweep: Sweep) -> None: ...

    async def last(self) -> Sweep | None: ...


class FileRecords(Records, Protocol):
    """What is kept of a user's files, beside their bytes."""

    async def keys(self, owner: UserId) -> list[StorageKey]:
        """Where the bytes of all the user's files are."""
        ...
