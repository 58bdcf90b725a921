"""What other contexts may do with what is known."""

from application.knowledge.ports import Embedder, Embedding, SearchIndex
from application.knowledge.views import Hit, Mode, Query, SentenceView
from domain.shared.ids import UserId

__all__ = ["Embedder", "Hit", "Mode", "Query", "SearchIndex", "SentenceView", "find"]


async def find(owner: UserId, query: Query, index: SearchIndex, embedder: Embedder) -> list[Hit]:
    """Passages of the owner's documents that `query` asks for, best first. Without a model the
    words alone decide."""
    if embedder.embedding_set is None or query.mode is Mode.LEXICAL:
        return await index.search(owner, query, None)
    (vector,) = await embedder.embed([query.query])
    return await index.search(owner, query, Embedding(embedder.embedding_set, vector))
