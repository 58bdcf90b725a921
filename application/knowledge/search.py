import time
from dataclasses import dataclass

from application.knowledge.embedding import Meaning
from application.knowledge.exports import find
from application.knowledge.filters import check
from application.knowledge.ports import SearchIndex
from application.knowledge.views import Found, Query
from application.shared.actor import Actor, Scope
from domain.shared.ids import DocumentId


@dataclass(frozen=True, slots=True)
class SearchDocuments:
    """Passages of the caller's own documents, best first. Raises FilterTooLarge; NotFound
    when one that is named is not theirs."""

    index: SearchIndex
    meaning: Meaning

    async def __call__(self, actor: Actor, query: Query) -> Found:
        actor.require(Scope.SEARCH)
        began = time.perf_counter()
        if query.filters is not None:
            check(query.filters)
        if query.document_ids:
            named = [DocumentId(document_id) for document_id in query.document_ids]
            await self.index.require(actor.user_id, named)
        found = await find(actor.user_id, query, self.index, self.meaning)
        return Found(
            found.hits,
            round((time.perf_counter() - began) * 1000, 1),
            found.plan.semantic is not None,
            found.plan if query.explain else None,
        )
