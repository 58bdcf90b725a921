"""Texts into vectors: which models may read whose texts, and what they are given to read."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from application.identity.exports import ConsentPurpose, ConsentRequired, Consents, has_consent
from application.knowledge.embedding_ports import EmbeddingSets, Vectors
from application.knowledge.ports import (
    Documents,
    Egress,
    Embedder,
    Embedding,
    Models,
    Outgoing,
    Texts,
    Vector,
)
from application.knowledge.views import Mode, Query
from application.shared.ports import Ids
from domain.knowledge.chunk import Chunk
from domain.knowledge.document import Document
from domain.knowledge.embedding import SetState
from domain.knowledge.wording import wording
from domain.shared.errors import NotFound, Unavailable
from domain.shared.ids import ChunkId, DocumentId, UserId, VersionId

BATCH = 32  # chunks that are embedded, and then kept, together
PATIENCE = 5.0  # seconds that somebody who asks waits for a model
_LATER = timedelta(seconds=10)

type Pairs = list[tuple[ChunkId, Vector]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Chunks of a document that are embedded together, each by its text."""

    document_id: DocumentId
    chunk_ids: list[ChunkId]
    texts: list[str]


async def may_read(model: Embedder, owner: UserId, consents: Consents) -> bool:
    """Nothing leaves this machine without its owner's consent."""
    if not model.is_external:
        return True
    return await has_consent(owner, ConsentPurpose.AI_EXTERNAL_DOCUMENTS, consents)


@dataclass(frozen=True, slots=True)
class Embed:
    """Texts into vectors. What leaves this machine for that is allowed and written down before: so
    never call it inside a transaction."""

    egress: Egress
    ids: Ids

    async def __call__(
        self, owner: UserId, model: Embedder, texts: Sequence[str], of: Collection[DocumentId] = ()
    ) -> list[Vector]:
        """`of`: the documents that the texts are from. Raises Unavailable, ConsentRequired."""
        attempt_id = self.ids.next()

        async def leaving(outgoing: Outgoing) -> None:
            await self.egress(owner, attempt_id, outgoing, of)

        return await model.embed(texts, leaving)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an owner's texts mean, as the active embedding set has it. None wherever it cannot be
    told: no set is active, its model is not here, the owner does not allow it, or it does not
    answer."""

    sets: EmbeddingSets
    models: Models
    consents: Consents
    embed: Embed

    async def of_query(self, owner: UserId, query: Query) -> Embedding | None:
        """Raises Unavailable when nothing but the meaning was asked for."""
        meant = wording(query.query).text
        model = await self._model(owner) if meant and query.mode is not Mode.LEXICAL else None
        if model is None:
            return None
        try:
            (vector,) = await self._soon(owner, model, [meant])
        except Unavailable:
            if query.mode is Mode.SEMANTIC:
                raise
            return None
        return Embedding(model.embedding_set, vector)

    async def of_texts(
        self, owner: UserId, texts: Sequence[str], of: Collection[DocumentId]
    ) -> list[Vector] | None:
        """`of`: the documents that they are from."""
        model = await self._model(owner)
        if model is None:
            return None
        try:
            return await self._soon(owner, model, texts, of)
        except (Unavailable, ConsentRequired):
            return None

    async def _soon(
        self, owner: UserId, model: Embedder, texts: Sequence[str], of: Collection[DocumentId] = ()
    ) -> list[Vector]:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.embed(owner, model, texts, of)
        except TimeoutError:
            raise Unavailable("the model did not answer in time", _LATER) from None

    async def _model(self, owner: UserId) -> Embedder | None:
        for one in await self.sets.all():
            model = self.models.of(one.name) if one.state is SetState.ACTIVE else None
            if model is not None and await may_read(model, owner, self.consents):
                return model
        return None


@dataclass(frozen=True, slots=True)
class Passages:
    """An owner's chunks on their way to the models."""

    documents: Documents
    texts: Texts
    vectors: Vectors
    sets: EmbeddingSets
    models: Models
    consents: Consents
    embed: Embed

    async def models_for(self, owner: UserId) -> list[Embedder]:
        """Those of the sets that are kept up, so far as they are here and may read."""
        found = [self.models.of(one.name) for one in await self.sets.all() if one.is_live]
        return [m for m in found if m is not None and await may_read(m, owner, self.consents)]

    async def lacking(
        self, owner: UserId, version_id: VersionId, model: Embedder
    ) -> AsyncIterator[Batch]:
        """The version's chunks that lack a vector in the model's set. What was deleted lacks none."""
        wanted = partial(self.vectors.lacking, owner, version_id, model.embedding_set)
        async for batch in self._batches(owner, wanted):
            yield batch

    async def read(self, owner: UserId, model: Embedder, batch: Batch) -> Pairs:
        """Raises what the model does: Unavailable, ConsentRequired."""
        vectors = await self.embed(owner, model, batch.texts, [batch.document_id])
        return list(zip(batch.chunk_ids, vectors, strict=True))

    async def embedded(
        self, owner: UserId, version_id: VersionId, model: Embedder
    ) -> AsyncIterator[Pairs]:
        """Batch by batch the vectors that the version's chunks lack in the model's set. Raises
        Unavailable, ConsentRequired."""
        async for batch in self.lacking(owner, version_id, model):
            yield await self.read(owner, model, batch)

    async def embedded_anew(
        self, owner: UserId, version_id: VersionId, model: Embedder
    ) -> AsyncIterator[Pairs]:
        """Batch by batch the vectors of all the version's chunks. Raises Unavailable,
        ConsentRequired."""
        async for batch in self._batches(owner, partial(self.texts.chunks, owner, version_id)):
            yield await self.read(owner, model, batch)

    async def _batches(
        self, owner: UserId, wanted: Callable[..., Awaitable[list[Chunk]]]
    ) -> AsyncIterator[Batch]:
        """Of the chunks that are `wanted`, from ordinal `start` on."""
        start = 0
        while chunks := await wanted(start=start, limit=BATCH):
            try:
                document = await self.documents.get(owner, chunks[0].document_id)
            except NotFound:
                return
            texts = [_text(document, chunk) for chunk in chunks]
            yield Batch(document.id, [chunk.id for chunk in chunks], texts)
            start = chunks[-1].ordinal + 1


def _text(document: Document, chunk: Chunk) -> str:
    """What a passage is about is often said only above it."""
    path = [document.title, chunk.heading] if chunk.heading else [document.title]
    return " > ".join(path) + "\n" + chunk.content
