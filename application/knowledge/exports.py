"""What other contexts may do with what is known."""

from application.knowledge.ports import (
    DocumentReader,
    Documents,
    Embedder,
    Embedding,
    KnowledgeRecords,
    SearchIndex,
    Versions,
)
from application.knowledge.views import Hit, Mode, Query, SentenceView
from application.shared.records import Record
from domain.shared.ids import UserId

__all__ = [
    "DocumentReader",
    "Documents",
    "Embedder",
    "Hit",
    "KnowledgeRecords",
    "Mode",
    "Query",
    "SearchIndex",
    "SentenceView",
    "Versions",
    "erase",
    "export",
    "find",
]


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
