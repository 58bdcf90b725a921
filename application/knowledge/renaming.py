"""A title is read with each passage, by its words and by what it means: a new one is read anew.

Until then the old one counts. Delivered twice, or after another new title, it is done once more with
the title of that moment.
"""

from dataclasses import dataclass

from application.knowledge.embedding import Passages
from application.knowledge.ports import Documents, SearchIndex, Versions
from application.shared.ports import Transaction
from domain.knowledge.events import DocumentRenamed
from domain.shared.errors import NotFound
from domain.shared.ids import VersionId


@dataclass(frozen=True, slots=True)
class Titled:
    """The versions that have a document's title in what is found of them: the one that is published
    and the newest, which may be on its way."""

    documents: Documents
    versions: Versions

    async def __call__(self, event: DocumentRenamed) -> set[VersionId]:
        """Inside a transaction, the document locked. None of one that was deleted."""
        try:
            document = await self.documents.get(event.user_id, event.document_id)
            newest = await self.versions.newest(event.user_id, event.document_id)
        except NotFound:
            return set()
        return {newest.id, document.current_version_id or newest.id}


@dataclass(frozen=True, slots=True)
class IndexTitle:
    """Follows DocumentRenamed. Whoever indexes the newest version meanwhile holds its lock: what it
    ends with is seen here, or it sees the new title."""

    titled: Titled
    index: SearchIndex
    transaction: Transaction

    async def __call__(self, event: DocumentRenamed) -> None:
        async with self.transaction:
            for version_id in await self.titled(event):
                await self.index.put_terms(event.user_id, version_id)


@dataclass(frozen=True, slots=True)
class EmbedTitle:
    """Follows DocumentRenamed. A passage keeps its vector until it has the new one."""

    titled: Titled
    passages: Passages
    index: SearchIndex
    transaction: Transaction

    async def __call__(self, event: DocumentRenamed) -> None:
        owner = event.user_id
        async with self.transaction:
            version_ids = await self.titled(event)
        for model in await self.passages.models_for(owner):
            for version_id in version_ids:
                async for pairs in self.passages.embedded_anew(owner, version_id, model):
                    await self.index.put_vectors(owner, model.embedding_set, pairs)
