"""What its owner says of a document: beside the upload, and afterwards."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from application.knowledge.ports import DocumentReader, Documents
from application.knowledge.views import DocumentView
from application.shared.actor import Actor, Scope
from application.shared.patch import given
from application.shared.ports import Clock, Ids, Outbox, Transaction
from application.shared.text import Text
from domain.knowledge.events import DocumentRenamed
from domain.knowledge.metadata import Category, checked
from domain.shared.ids import DocumentId

_NOT_BLANK = r"^[^\x00]*[^\s\x00][^\x00]*$"

type Title = Annotated[str, Meta(min_length=1, max_length=500, pattern=_NOT_BLANK)]
type Name = Annotated[Text, Meta(max_length=100)]
type Keywords = Annotated[list[Name], Meta(max_length=50)]


class Details(Struct, frozen=True, forbid_unknown_fields=True):
    """Only what is sent is changed, and null empties it. Keywords are replaced as a whole; case
    does not count in them. A jurisdiction is a code of ISO 3166 or the name of a court."""

    title: Title | UnsetType = UNSET
    category: Category | UnsetType = UNSET
    jurisdiction: Name | UnsetType | None = UNSET
    practice_area: Name | UnsetType | None = UNSET
    keywords: Keywords | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class DescribeDocument:
    """Raises NotFound, InvalidKeywords."""

    documents: Documents
    reader: DocumentReader
    clock: Clock
    ids: Ids
    outbox: Outbox
    transaction: Transaction

    async def __call__(
        self, actor: Actor, document_id: DocumentId, details: Details
    ) -> DocumentView:
        actor.require(Scope.DOCUMENTS)
        metadata, now = checked(given(details)), self.clock.now()
        async with self.transaction:
            document = await self.documents.get(actor.user_id, document_id)
            title = document.title
            document.revise(metadata, now)
            await self.documents.save(document)
            if document.title != title:
                renamed = DocumentRenamed(self.ids.next(), actor.user_id, document_id)
                await self.outbox.publish(renamed)
        return await self.reader.one(actor.user_id, document_id)
