import time
from dataclasses import dataclass

from application.knowledge.embedding import Meaning
from application.knowledge.ports import SearchIndex
from application.knowledge.views import Found, Query
from application.shared.actor import Actor, Scope


@dataclass(frozen=True, slots=True)
class SearchDocuments:
    """Passages of the caller's own documents, best first."""

    index: SearchIndex
    meaning: Meaning

    async def __call__(self, actor: Actor, query: Query) -> Found:
        actor.require(Scope.SEARCH)
        began = time.perf_counter()
        embedding = await self.meaning.of_query(actor.user_id, query)
        items = await self.index.search(actor.user_id, query, embedding)
        elapsed = round((time.perf_counter() - began) * 1000, 1)
        return Found(items, elapsed, semantic=embedding is not None)
