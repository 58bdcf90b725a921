"""One change of many documents at once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from application.knowledge.documents import Removal
from application.knowledge.metadata import Keywords
from application.knowledge.versions import Reading
from application.shared.actor import Actor, Scope
from application.shared.ports import Transaction
from domain.knowledge.document import Document
from domain.knowledge.metadata import keywords
from domain.shared.errors import Conflict, Invalid, NotFound
from domain.shared.ids import DocumentId, UserId

type Ids = Annotated[list[UUID], Meta(min_length=1, max_length=100)]
type Change = Callable[[Document], Awaitable[None]]


class _Batch(Struct, frozen=True, forbid_unknown_fields=True, tag_field="operation"):
    ids: Ids


class DeleteAll(_Batch, frozen=True, tag="delete"):
    """Delete these documents."""


class ReprocessAll(_Batch, frozen=True, tag="reprocess"):
    """Read the bytes of these documents anew. What was read before is served meanwhile."""


class UpdateKeywords(_Batch, frozen=True, tag="update_keywords"):
    """Give these documents keywords, and take others away."""

    add: Keywords = []
    remove: Keywords = []


type Batch = DeleteAll | ReprocessAll | UpdateKeywords


class Outcome(Struct, frozen=True):
    """Of one document: done, or the code and the detail of what was in the way."""

    id: UUID
    done: bool
    code: str | None = None
    detail: str | None = None


class BatchView(Struct, frozen=True):
    """In the order of the ids, each once."""

    done: int
    failed: int
    items: list[Outcome]


@dataclass(frozen=True, slots=True)
class ChangeDocuments:
    """Each document in a transaction of its own: what is in the way of one is not in the way of
    the others. Raises InvalidKeywords."""

    reading: Reading
    removal: Removal
    transaction: Transaction

    async def __call__(self, actor: Actor, batch: Batch) -> BatchView:
        actor.require(Scope.DOCUMENTS)
        change = self._change(batch)
        items = [
            await self._outcome(actor.user_id, one, change) for one in dict.fromkeys(batch.ids)
        ]
        done = sum(item.done for item in items)
        return BatchView(done, len(items) - done, items)

    def _change(self, batch: Batch) -> Change:
        match batch:
            case DeleteAll():
                return self.removal.remove
            case ReprocessAll():
                return self._reprocess
            case UpdateKeywords():
                return self._keywords(batch)

    async def _outcome(self, owner: UserId, document_id: UUID, change: Change) -> Outcome:
        try:
            async with self.transaction:
                await change(await self.reading.documents.get(owner, DocumentId(document_id)))
        except (NotFound, Conflict, Invalid) as error:
            return Outcome(document_id, False, error.code, str(error))
        return Outcome(document_id, True)

    async def _reprocess(self, document: Document) -> None:
        newest = await self.reading.versions.newest(document.user_id, document.id)
        await self.reading.next(document, newest.file_id, newest)

    def _keywords(self, batch: UpdateKeywords) -> Change:
        added, removed = keywords(batch.add), keywords(batch.remove)

        async def update(document: Document) -> None:
            left = {*document.keywords} - {*removed}
            now = self.reading.clock.now()
            document.revise({"keywords": keywords(left | {*added})}, now)
            await self.reading.documents.save(document)

        return update
