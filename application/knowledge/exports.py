"""What other contexts may do with what is known."""

from application.knowledge.embedding import Meaning
from application.knowledge.ports import (
    DocumentReader,
    Documents,
    Egress,
    KnowledgeRecords,
    Outgoing,
    SearchIndex,
    Versions,
)
from application.knowledge.views import (
    EmbeddingSetView,
    Findings,
    Hit,
    Mode,
    OrphansView,
    Query,
    SentenceView,
)
from application.shared.records import Record
from domain.shared.ids import UserId

__all__ = [
    "DocumentReader",
    "Documents",
    "Egress",
    "EmbeddingSetView",
    "Hit",
    "KnowledgeRecords",
    "Meaning",
    "Mode",
    "OrphansView",
    "Outgoing",
    "Query",
    "SearchIndex",
    "SentenceView",
    "Versions",
    "erase",
    "export",
    "find",
]


async def find(owner: UserId, query: Query, index: SearchIndex, meaning: Meaning) -> Findings:
    """Passages of the owner's documents that `query` asks for, best first. Where their meaning
    cannot be told, the words alone decide."""
    return await index.search(owner, query, await meaning.of_query(owner, query))


async def export(user_id: UserId, records: KnowledgeRecords) -> dict[str, list[Record]]:
    """A user's documents, and what became of each upload."""
    return await records.read(user_id)


async def erase(user_id: UserId, records: KnowledgeRecords) -> None:
    """Inside a transaction: documents with their text, passages, words and vectors."""
    await records.erase(user_id)
