from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from application.files.exports import (
    Files,
    Objects,
    Purpose,
    Sniffer,
    StoredFile,
    Upload,
    extension,
    forget,
    receive,
)
from application.knowledge.metadata import Details
from application.knowledge.ports import DocumentReader, Documents, Versions
from application.knowledge.views import DocumentView
from application.shared.actor import Actor, Scope
from application.shared.patch import given
from application.shared.ports import Clock, Ids, Outbox, Transaction
from domain.knowledge.document import Document, DocumentExists, Status, Version
from domain.knowledge.events import DocumentDeleted, DocumentUploaded
from domain.knowledge.metadata import checked
from domain.shared.ids import DocumentId, VersionId


class Uploaded(Struct, frozen=True):
    """`created` is False when the owner had these bytes already: then it is that document."""

    document: DocumentView
    created: bool


@dataclass(frozen=True, slots=True)
class UploadDocument:
    """Keep a document and begin to read it. The same bytes again are the same document, and one
    that failed is tried again. Raises what `receive` raises."""

    documents: Documents
    versions: Versions
    reader: DocumentReader
    files: Files
    objects: Objects
    sniffer: Sniffer
    clock: Clock
    ids: Ids
    outbox: Outbox
    transaction: Transaction

    async def __call__(self, actor: Actor, upload: Upload, details: Details) -> Uploaded:
        actor.require(Scope.DOCUMENTS)
        metadata = checked(given(details))
        now, owner = self.clock.now(), actor.user_id
        file = await receive(
            upload,
            self.objects,
            self.sniffer,
            owner=owner,
            purpose=Purpose.DOCUMENT,
            file_id=self.ids.next(),
            at=now,
        )
        try:
            document_id, created = await self._add(file, metadata), True
        except DocumentExists:
            await self.objects.remove(file.storage_key)
            document_id, created = await self._retried(file), False
        except BaseException:
            await self.objects.remove(file.storage_key)
            raise
        return Uploaded(await self.reader.one(owner, document_id), created)

    async def _add(self, file: StoredFile, metadata: dict[str, Any]) -> DocumentId:
        document = Document(
            id=DocumentId(self.ids.next()),
            user_id=file.user_id,
            sha256=file.sha256,
            file_type=extension(file.media_type),
            **{"title": file.original_name, **metadata},
            created_at=file.created_at,
            updated_at=file.created_at,
        )
        version = Version(
            id=VersionId(self.ids.next()),
            user_id=file.user_id,
            document_id=document.id,
            file_id=file.id,
            number=1,
            created_at=file.created_at,
            updated_at=file.created_at,
        )
        async with self.transaction:
            await self.files.add(file)
            await self.documents.add(document)
            await self.versions.add(version)
            await self._publish(version)
        return document.id

    async def _retried(self, file: StoredFile) -> DocumentId:
        async with self.transaction:
            document = await self.documents.with_bytes(file.user_id, file.sha256)
            version = await self.versions.newest(file.user_id, document.id)
            if version.status is Status.FAILED:
                version.restart(self.clock.now())
                await self.versions.save(version)
                await self._publish(version)
        return document.id

    async def _publish(self, version: Version) -> None:
        event = DocumentUploaded(self.ids.next(), version.user_id, version.id)
        await self.outbox.publish(event)


@dataclass(frozen=True, slots=True)
class DeleteDocument:
    """Make a document invisible at once; what was made of it is removed soon after.
    Raises NotFound."""

    documents: Documents
    clock: Clock
    ids: Ids
    outbox: Outbox
    transaction: Transaction

    async def __call__(self, actor: Actor, document_id: DocumentId) -> None:
        actor.require(Scope.DOCUMENTS)
        async with self.transaction:
            document = await self.documents.get(actor.user_id, document_id)
            document.deleted_at = self.clock.now()
            await self.documents.save(document)
            event = DocumentDeleted(self.ids.next(), actor.user_id, document_id)
            await self.outbox.publish(event)


@dataclass(frozen=True, slots=True)
class PurgeDocument:
    """Follows DocumentDeleted: removes the document and all that was made of it."""

    documents: Documents
    files: Files
    ids: Ids
    outbox: Outbox
    transaction: Transaction

    async def __call__(self, event: DocumentDeleted) -> None:
        async with self.transaction:
            orphans = await self.documents.purge(event.user_id, event.document_id)
            for file_id in orphans:
                await forget(file_id, self.files, self.outbox, self.ids, owner=event.user_id)


@dataclass(frozen=True, slots=True)
class DownloadDocument:
    """The bytes as they were uploaded. Raises NotFound."""

    reader: DocumentReader
    files: Files
    objects: Objects

    async def __call__(
        self, actor: Actor, document_id: DocumentId
    ) -> tuple[StoredFile, AsyncIterator[bytes]]:
        actor.require(Scope.DOCUMENTS)
        file_id = await self.reader.file(actor.user_id, document_id)
        file = await self.files.get(actor.user_id, file_id)
        return file, self.objects.read(file.storage_key)
