"""A title is read with each passage, by its words and by what it means: a new one is read anew.

Until then the old one counts. Delivered twice, or after another new title, it is done once more with
the title of that moment.
"""

from dataclasses import dataclass

from application.knowledge.embedding import Passages
from application.knowledge.ports import SearchIndex, Versions
from domain.knowledge.events import DocumentRenamed


@dataclass(frozen=True, slots=True)
class IndexTitle:
    """Follows DocumentRenamed. The document may be changed meanwhile; whoever indexes a version of it
    at the same time is waited for, or waits and sees the new title."""

    versions: Versions
    index: SearchIndex

    async def __call__(self, event: DocumentRenamed) -> None:
        for version_id in await self.versions.live(event.user_id, event.document_id):
            await self.index.put_terms(event.user_id, version_id)


@dataclass(frozen=True, slots=True)
class EmbedTitle:
    """Follows DocumentRenamed. A passage keeps its vector until it has the new one."""

    versions: Versions
    passages: Passages
    index: SearchIndex

    async def __call__(self, event: DocumentRenamed) -> None:
        owner = event.user_id
        version_ids = await self.versions.live(owner, event.document_id)
        for model in await self.passages.models_for(owner):
            for version_id in version_ids:
                async for pairs in self.passages.embedded_anew(owner, version_id, model):
                    await self.index.put_vectors(owner, model.embedding_set, pairs)
