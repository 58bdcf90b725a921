from dataclasses import dataclass
from typing import Any

from msgspec import structs

from application.files.exports import (
    Download,
    Files,
    Objects,
    StoredFile,
    Upload,
    extension,
    forget,
)
from application.knowledge.intake import Intake, Uploaded
from application.knowledge.metadata import Details
from application.knowledge.ports import DocumentReader, Documents
from application.knowledge.versions import Reading
from application.knowledge.views import DocumentFilter, DocumentView
from application.shared.actor import Actor, Scope
from application.shared.page import CursorPaging, UncountedListing
from application.shared.patch import given
from application.shared.ports import Clock, Ids, Outbox, Signals, Transaction
from domain.knowledge.document import Document, DocumentExists, Status
from domain.knowledge.events import DocumentDeleted
from domain.knowledge.metadata import checked, keyword
from domain.shared.ids import DocumentId


@dataclass(frozen=True, slots=True)
class UploadDocument:
    """Keep a document and begin to read it. The same bytes again are the same document, and one
    that failed is tried again. Raises InvalidKeywords, and what `receive` raises."""

    reading: Reading
    intake: Intake
    transaction: Transaction

    async def __call__(self, actor: Actor, upload: Upload, details: Details) -> Uploaded:
        actor.require(Scope.DOCUMENTS)
        metadata = checked(given(details))

        async def keep(file: StoredFile) -> tuple[DocumentId, bool]:
            try:
                return await self._add(file, metadata), True
            except DocumentExists:
                return await self._retried(file), False

        return await self.intake(actor.user_id, upload, keep)

    async def _add(self, file: StoredFile, metadata: dict[str, Any]) -> DocumentId:
        document = Document(
            id=DocumentId(self.reading.ids.next()),
            user_id=file.user_id,
            sha256=file.sha256,
            file_type=extension(file.media_type),
            created_at=file.created_at,
            updated_at=file.created_at,
            **{"title": file.original_name, **metadata},
        )
        async with self.transaction:
            await self.intake.files.add(file)
            await self.reading.documents.add(document)
            await self.reading.first(document, file.id)
        return document.id

    async def _retried(self, file: StoredFile) -> DocumentId:
        async with self.transaction:
            document = await self.reading.documents.with_bytes(file.user_id, file.sha256)
            version = await self.reading.versions.newest(file.user_id, document.id)
            if version.status is Status.FAILED:
                await self.reading.again(version)
        return document.id


@dataclass(frozen=True, slots=True)
class ListDocuments:
    """The caller's own. Raises CursorGone."""

    reader: DocumentReader

    async def __call__(
        self, actor: Actor, wanted: DocumentFilter, paging: CursorPaging
    ) -> UncountedListing[DocumentView]:
        actor.require(Scope.DOCUMENTS)
        kept = checked({"jurisdiction": wanted.jurisdiction, "practice_area": wanted.practice_area})
        keyword_ = keyword(wanted.keyword) if wanted.keyword else None
        asked = structs.replace(wanted, **kept, keyword=keyword_)
        return await self.reader.page(actor.user_id, asked, paging)


@dataclass(frozen=True, slots=True)
class Removal:
    """How a document is deleted: inside a transaction."""

    documents: Documents
    clock: Clock
    ids: Ids
    outbox: Outbox
    signals: Signals

    async def remove(self, document: Document) -> None:
        document.deleted_at = self.clock.now()
        await self.documents.save(document)
        await self.outbox.publish(DocumentDeleted(self.ids.next(), document.user_id, document.id))
        await self.signals.send(document.id)


@dataclass(frozen=True, slots=True)
class DeleteDocument:
    """Make a document invisible at once; what was made of it is removed soon after.
    Raises NotFound."""

    removal: Removal
    transaction: Transaction

    async def __call__(self, actor: Actor, document_id: DocumentId) -> None:
        actor.require(Scope.DOCUMENTS)
        async with self.transaction:
            document = await self.removal.documents.get(actor.user_id, document_id)
            await self.removal.remove(document)


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

    async def __call__(self, actor: Actor, document_id: DocumentId) -> Download:
        actor.require(Scope.DOCUMENTS)
        file_id = await self.reader.file(actor.user_id, document_id)
        return Download(await self.files.get(actor.user_id, file_id), self.objects)
