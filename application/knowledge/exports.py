"""What other contexts may do with what is known."""

from dataclasses import dataclass
from datetime import datetime

from application.files.exports import Files
from application.knowledge.ports import (
    Documents,
    Embedder,
    Embedding,
    KnowledgeRecords,
    SearchIndex,
    Versions,
)
from application.knowledge.views import Hit, Mode, Query, SentenceView
from application.shared.records import Record
from domain.shared.ids import DocumentId, UserId, VersionId

__all__ = [
    "Embedder",
    "Hit",
    "KnowledgeRecords",
    "Mode",
    "Query",
    "Receipt",
    "Receipts",
    "SearchIndex",
    "SentenceView",
    "erase",
    "export",
    "find",
]


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


async def find(owner: UserId, query: Query, index: SearchIndex, embedder: Embedder) -> list[Hit]:
    """Passages of the owner's documents that `query` asks for, best first. Without a model the
    words alone decide."""
    if embedder.embedding_set is None or query.mode is Mode.LEXICAL:
        return await index.search(owner, query, None)
    (vector,) = await embedder.embed([query.query])
    return await index.search(owner, query, Embedding(embedder.embedding_set, vector))


async def export(user_id: UserId, records: KnowledgeRecords) -> dict[str, list[Record]]:
    """A user's documents, and what became of each upload."""
    return await records.read(user_id)


async def erase(user_id: UserId, records: KnowledgeRecords) -> None:
    """Inside a transaction: documents with their text, passages, words and vectors."""
    await records.erase(user_id)
