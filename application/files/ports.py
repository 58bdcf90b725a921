from collections.abc import AsyncIterator
from typing import Protocol

from application.shared.records import Records
from domain.files.file import StorageKey, StoredFile
from domain.shared.ids import FileId, UserId


class Files(Protocol):
    async def add(self, file: StoredFile) -> None: ...

    async def get(self, owner: UserId, file_id: FileId) -> StoredFile:
        """Raises NotFound."""
        ...

    async def remove(self, owner: UserId, file_id: FileId) -> None:
        """Forget the row; the bytes are the caller's to remove, once this is kept."""
        ...


class Objects(Protocol):
    async def put(self, key: StorageKey, content: AsyncIterator[bytes]) -> None:
        """Keep the whole stream under `key`, or, when the stream raises, nothing."""
        ...

    def read(self, key: StorageKey) -> AsyncIterator[bytes]:
        """The object's bytes, in pieces. Raises NotFound."""
        ...

    async def remove(self, key: StorageKey) -> None:
        """Nothing happens when there is no such object."""
        ...


class Sniffer(Protocol):
    def media_type(self, name: str, head: bytes, tail: bytes) -> str:
        """The type of a file by its extension and by its content, which must agree. `head` is its
        first 8 KiB, `tail` its last 64 KiB. Raises UnsupportedFile."""
        ...


class FileRecords(Records, Protocol):
    """What is kept of a user's files, beside their bytes."""

    async def keys(self, owner: UserId) -> list[StorageKey]:
        """Where the bytes of all the user's files are."""
        ...
