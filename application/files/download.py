from collections.abc import AsyncIterator
from dataclasses import dataclass

from application.files.ports import Files, Objects
from application.knowledge.exports import DocumentReader
from application.shared.actor import Actor, Scope
from domain.files.file import Purpose, StoredFile
from domain.files.ranges import ByteRange
from domain.shared.errors import NotFound
from domain.shared.ids import FileId

SCOPES = {
    Purpose.DOCUMENT: Scope.DOCUMENTS,
    Purpose.RESUME: Scope.CAREER,
    Purpose.AVATAR: Scope.PROFILE,
}


@dataclass(frozen=True, slots=True)
class Download:
    """A file on its way out: what is known of it, and its bytes."""

    file: StoredFile
    objects: Objects

    def read(self, part: ByteRange | None = None) -> AsyncIterator[bytes]:
        return self.objects.read(self.file.storage_key, part)


@dataclass(frozen=True, slots=True)
class DownloadFile:
    """Any file of the caller's; of a deleted document not even in the moment before it is purged.
    Raises NotFound."""

    files: Files
    documents: DocumentReader
    objects: Objects

    async def __call__(self, actor: Actor, file_id: FileId) -> Download:
        file = await self.files.get(actor.user_id, file_id)
        actor.require(SCOPES[file.purpose])
        if file.purpose is Purpose.DOCUMENT and not await self.documents.refers_to(
            actor.user_id, file_id
        ):
            raise NotFound("there is no such file")
        return Download(file, self.objects)
