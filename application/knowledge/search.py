import time
from dataclasses import dataclass

from application.knowledge.exports import find
from application.knowledge.ports import Embedder, SearchIndex
from application.knowledge.views import Found, Mode, Query
from application.shared.actor import Actor, Scope


@dataclass(frozen=True, slots=True)
class SearchDocuments:
    """Passages of the caller's own documents, best first."""

    index: SearchIndex
    embedder: Embedder

    async def __call__(self, actor: Actor, query: Query) -> Found:
        actor.require(Scope.SEARCH)
        began = time.perf_counter()
        items = await find(actor.user_id, query, self.index, self.embedder)
        semantic = self.embedder.embedding_set is not None and query.mode is not Mode.LEXICAL
        return Found(items, round((time.perf_counter() - began) * 1000, 1), semantic)
