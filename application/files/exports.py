"""What other contexts may do with files."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.files.download import Download
from application.files.health import CheckStorage
from application.files.ports import FileRecords, Files, Objects, Sniffer
from application.files.views import StorageHealth
from application.shared.ports import Ids, Outbox
from application.shared.records import Record
from domain.files.events import FileForgotten
from domain.files.file import (
    EmptyFile,
    Purpose,
    StorageKey,
    StoredFile,
    extension,
    file_too_large,
    named_type,
    original_name,
)
from domain.shared.ids import FileId, UserId

HEAD, TAIL = 8 * 1024, 64 * 1024  # bytes

__all__ = [
    "CheckStorage",
    "Download",
    "FileRecords",
    "Files",
    "Objects",
    "Purpose",
    "Sniffer",
    "StorageHealth",
    "StoredFile",
    "Upload",
    "erase",
    "export",
    "extension",
    "file_too_large",
    "forget",
    "receive",
]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way in: the name its sender gave it, and its bytes, in pieces."""

    name: str | None
    content: AsyncIterator[bytes]


async def receive(
    upload: Upload,
    objects: Objects,
    sniffer: Sniffer,
    *,
    owner: UserId,
    purpose: Purpose,
    file_id: UUID,
    at: datetime,
) -> StoredFile:
    """Stream the upload to storage, and tell what came. The row is the caller's to add: should it
    not, the bytes are its to remove. Raises UnnamedFile, InvalidFileName, EmptyFile, FileTooLarge,
    UnsupportedFile, and then nothing is left behind."""
    name = original_name(upload.name)
    named_type(name, purpose)  # before its bytes travel
    key = StorageKey(f"{purpose}/{owner}/{file_id}")
    seen = _Seen(purpose)
    try:
        await objects.put(key, seen.through(upload.content))
        media_type = sniffer.media_type(name, purpose, bytes(seen.head), bytes(seen.tail))
    except BaseException:
        await objects.remove(key)
        raise
    return StoredFile(
        id=FileId(file_id),
        user_id=owner,
        purpose=purpose,
        original_name=name,
        storage_key=key,
        media_type=media_type,
        size=seen.size,
        sha256=seen.sha256.hexdigest(),
        created_at=at,
    )


async def forget(file_id: FileId, files: Files, outbox: Outbox, ids: Ids, *, owner: UserId) -> None:
    """Inside a transaction: the row goes with it, the bytes once it is kept."""
    file = await files.get(owner, file_id)
    await files.remove(owner, file_id)
    await outbox.publish(FileForgotten(ids.next(), owner, file.storage_key))


async def export(user_id: UserId, records: FileRecords) -> dict[str, list[Record]]:
    """What is known of a user's files; their contexts give out the bytes."""
    return await records.read(user_id)


async def erase(user_id: UserId, records: FileRecords, outbox: Outbox, ids: Ids) -> None:
    """Inside a transaction, after whoever refers to the files: the rows go with it, the bytes once
    it is kept."""
    for key in await records.keys(user_id):
        await outbox.publish(FileForgotten(ids.next(), user_id, key))
    await records.erase(user_id)


class _Seen:
    """What is worth remembering of bytes that flow by."""

    def __init__(self, purpose: Purpose) -> None:
        self._purpose = purpose
        self.size, self.sha256 = 0, hashlib.sha256()
        self.head, self.tail = bytearray(), bytearray()

    async def through(self, content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in content:
            self.size += len(piece)
            if self.size > self._purpose.limit:
                raise file_too_large(self._purpose)
            self.sha256.update(piece)
            self.head += piece[: HEAD - len(self.head)]
            self.tail = (self.tail + piece)[-TAIL:]
            yield piece
        if self.size == 0:
            raise EmptyFile("the file is empty")
