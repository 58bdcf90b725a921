"""How the file of a document comes in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from msgspec import Struct

from application.files.exports import Files, Objects, Purpose, Sniffer, StoredFile, Upload, receive
from application.knowledge.ports import DocumentReader
from application.knowledge.views import DocumentView
from application.shared.ports import Clock, Ids
from domain.shared.ids import DocumentId, UserId

type Keep = Callable[[StoredFile], Awaitable[tuple[DocumentId, bool]]]


class Uploaded(Struct, frozen=True):
    """`created` is False when these bytes were there already."""

    document: DocumentView
    created: bool


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes an upload in, and its bytes away again unless they are kept."""

    reader: DocumentReader
    files: Files
    objects: Objects
    sniffer: Sniffer
    clock: Clock
    ids: Ids

    async def __call__(self, owner: UserId, upload: Upload, keep: Keep) -> Uploaded:
        """`keep` adds the file's row, and tells of which document it is and whether it was new.
        Raises what `receive` and `keep` raise."""
        file = await receive(
            upload,
            self.objects,
            self.sniffer,
            owner=owner,
            purpose=Purpose.DOCUMENT,
            file_id=self.ids.next(),
            at=self.clock.now(),
        )
        created = False
        try:
            document_id, created = await keep(file)
        finally:
            if not created:
                await self.objects.remove(file.storage_key)
        return Uploaded(await self.reader.one(owner, document_id), created)
