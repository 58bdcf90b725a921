from dataclasses import dataclass
from datetime import datetime

from application.files.exports import Files
from application.knowledge.exports import Documents, Versions
from domain.shared.ids import DocumentId, UserId, VersionId


@dataclass(frozen=True, slots=True)
class Receipt:
    """Bytes that came as a document, or as its next version."""

    document_id: DocumentId
    size: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Receipts:
    """What came of a user's documents, and is not deleted."""

    versions: Versions
    documents: Documents
    files: Files

    async def get(self, owner: UserId, version_id: VersionId) -> Receipt:
        """Outside a transaction. Raises NotFound."""
        version = await self.versions.get(owner, version_id)
        file = await self.files.get(owner, version.file_id)
        return Receipt(version.document_id, file.size, version.created_at)

    async def hold(self, owner: UserId, receipt: Receipt) -> None:
        """Inside a transaction, until whose end nobody deletes the document. Raises NotFound."""
        await self.documents.get(owner, receipt.document_id)
