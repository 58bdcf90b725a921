"""New bytes of a document, new readings of the same bytes, and what becomes of the old ones.

The version that is published is served until a newer one is. Of those that are on their way only
the newest is read: a step that works on an older one finds out, and stops."""

from dataclasses import dataclass

from application.files.exports import (
    Files,
    StoredFile,
    Upload,
    forget,
)
from application.knowledge.intake import Intake, Uploaded
from application.knowledge.ports import DocumentReader, Documents, Versions
from application.knowledge.views import StatusView
from application.shared.actor import Actor, Scope
from application.shared.ports import Clock, Ids, Outbox, Signals, Transaction
from domain.knowledge.document import Document, DocumentNotFailed, Status, Version
from domain.knowledge.events import DocumentUploaded, VersionSuperseded
from domain.shared.errors import NotFound
from domain.shared.ids import DocumentId, FileId, VersionId


@dataclass(frozen=True, slots=True)
class Reading:
    """How the reading of a document's bytes begins: inside a transaction, the document locked."""

    documents: Documents
    versions: Versions
    clock: Clock
    ids: Ids
    outbox: Outbox
    signals: Signals

    async def first(self, document: Document, file_id: FileId) -> None:
        await self._add(document, file_id, 1)

    async def next(self, document: Document, file_id: FileId, newest: Version) -> None:
        """`newest`, which is that no longer, may be thrown away unless it is published."""
        await self._add(document, file_id, newest.number + 1)
        if newest.id != document.current_version_id:
            await self.outbox.publish(superseded(document, self.ids))

    async def again(self, newest: Version) -> None:
        newest.restart(self.clock.now())
        await self.versions.save(newest)
        await self._begin(newest)

    async def _add(self, document: Document, file_id: FileId, number: int) -> None:
        now = self.clock.now()
        version = Version(
            id=VersionId(self.ids.next()),
            user_id=document.user_id,
            document_id=document.id,
            file_id=file_id,
            number=number,
            created_at=now,
            updated_at=now,
        )
        await self.versions.add(version)
        await self._begin(version)

    async def _begin(self, version: Version) -> None:
        event = DocumentUploaded(self.ids.next(), version.user_id, version.id)
        await self.outbox.publish(event)
        await self.signals.send(version.document_id)


@dataclass(frozen=True, slots=True)
class AddVersion:
    """Begin to read new bytes of a document. Raises NotFound, DocumentExists when another
    document of the caller has these bytes, and what `receive` raises."""

    reading: Reading
    intake: Intake
    transaction: Transaction

    async def __call__(self, actor: Actor, document_id: DocumentId, upload: Upload) -> Uploaded:
        actor.require(Scope.DOCUMENTS)
        # Before a byte of it is taken.
        await self.intake.reader.status(actor.user_id, document_id)

        async def keep(file: StoredFile) -> tuple[DocumentId, bool]:
            return document_id, await self._add(document_id, file)

        return await self.intake(actor.user_id, upload, keep)

    async def _add(self, document_id: DocumentId, file: StoredFile) -> bool:
        reading = self.reading
        async with self.transaction:
            document = await reading.documents.get(file.user_id, document_id)
            newest = await reading.versions.newest(file.user_id, document_id)
            if document.sha256 == file.sha256:
                if newest.status is Status.FAILED:
                    await reading.again(newest)
                return False
            document.revise({"sha256": file.sha256}, file.created_at)
            await self.intake.files.add(file)
            await reading.documents.save(document)
            await reading.next(document, file.id, newest)
        return True


@dataclass(frozen=True, slots=True)
class RetryDocument:
    """Read a document again that could not be read. Raises NotFound, DocumentNotFailed."""

    reading: Reading
    reader: DocumentReader
    transaction: Transaction

    async def __call__(self, actor: Actor, document_id: DocumentId) -> StatusView:
        actor.require(Scope.DOCUMENTS)
        async with self.transaction:
            newest = await self.reading.versions.newest(actor.user_id, document_id)
            if newest.status is not Status.FAILED:
                raise DocumentNotFailed("only a document that has failed can be tried again")
            await self.reading.again(newest)
        return await self.reader.status(actor.user_id, document_id)


@dataclass(frozen=True, slots=True)
class PurgeVersions:
    """Follows VersionSuperseded: removes what nobody will read again, and its bytes."""

    documents: Documents
    versions: Versions
    files: Files
    ids: Ids
    outbox: Outbox
    transaction: Transaction

    async def __call__(self, event: VersionSuperseded) -> None:
        async with self.transaction:
            try:
                await self.documents.get(event.user_id, event.document_id)
            except NotFound:
                return  # it was deleted, and all its versions are
            for file_id in await self.versions.purge(event.user_id, event.document_id):
                await forget(file_id, self.files, self.outbox, self.ids, owner=event.user_id)


def superseded(document: Document, ids: Ids) -> VersionSuperseded:
    """Some version of it is neither published nor the newest any more, or is about to be."""
    return VersionSuperseded(ids.next(), document.user_id, document.id)
