"""Documents to search: each text is a passage, the tests bring the vectors."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from dishka import AsyncContainer

from application.knowledge.ports import Documents, Embedding, SearchIndex, Vector
from application.knowledge.views import Hit, Mode, Query
from application.shared.ports import Ids
from domain.knowledge.chunk import Chunk, Sentence, sentences
from domain.knowledge.document import Document, Version
from domain.knowledge.text import CanonicalText, Page, RawPage, canonical
from domain.shared.ids import ChunkId, DocumentId, UserId
from domain.shared.span import Span
from tests.contract.identity.test_users import THEN
from tests.contract.knowledge.test_documents import a_document_of, put

SET = "minilm-l6-v2-int8"
FEES = "The tenant owes a late fee of fifty euros when rent is paid after the fifth day."
PETS = "Dogs and cats may live in the apartment if the landlord agrees in writing."
NOTICE = "Either party may end this lease with three months of written notice."
GARDEN = "The garden is shared by all residents, who water the plants in turn."
LEASE = (FEES, PETS, NOTICE, GARDEN)


@dataclass(frozen=True)
class Stored:
    document: Document
    version: Version
    text: CanonicalText
    chunks: list[Chunk]


async def store_version(
    world: AsyncContainer,
    owner: UserId,
    title: str,
    *texts: str,
    heading: str | None = None,
    publish: bool = True,
    ids: Ids | None = None,
) -> Stored:
    """A document of one passage for each text, its words indexed."""
    new = await world.get(Ids) if ids is None else ids
    document, version = await a_document_of(owner, world, new, title=title, sha256=new.next().hex)
    text = canonical([RawPage(one) for one in texts])
    passages = [_passage(version, text, page, heading, new.next()) for page in text.pages]
    stored = Stored(document, version, text, passages)
    await put(world, version, text, passages)
    await put_terms(world, stored)
    if publish:
        await save(world, document, current=version)
    return stored


async def save(world: AsyncContainer, document: Document, *, current: Version) -> None:
    """Published from here on."""
    document.current_version_id = current.id
    async with world() as request:
        await (await request.get(Documents)).save(document)


async def delete(world: AsyncContainer, document: Document) -> None:
    document.deleted_at = THEN
    async with world() as request:
        await (await request.get(Documents)).save(document)


async def put_terms(world: AsyncContainer, stored: Stored) -> None:
    async with world() as request:
        index = await request.get(SearchIndex)
        await index.put_terms(stored.document.user_id, stored.version.id)


async def put_vectors(
    world: AsyncContainer, stored: Stored, vectors: Sequence[Vector], name: str = SET
) -> None:
    pairs = [(chunk.id, vector) for chunk, vector in zip(stored.chunks, vectors, strict=False)]
    async with world() as request:
        index = await request.get(SearchIndex)
        await index.put_vectors(stored.document.user_id, name, pairs)


async def search(
    world: AsyncContainer,
    owner: UserId,
    query: str,
    vector: Vector | None = None,
    *,
    mode: Mode = Mode.HYBRID,
    limit: int = 10,
    document_ids: Sequence[DocumentId] | None = None,
) -> list[Hit]:
    ids: list[UUID] | None = None if document_ids is None else [*document_ids]
    asked = Query(query, mode=mode, limit=limit, document_ids=ids)
    async with world() as request:
        index: SearchIndex = await request.get(SearchIndex)
        return (await index.search(owner, asked, Embedding(SET, vector) if vector else None)).hits


def axis(n: int) -> Vector:
    return lean(n, 1.0)


def lean(n: int, cosine: float) -> Vector:
    """A vector of length 1, at this cosine to the n-th axis."""
    vector = [0.0] * 384
    vector[n], vector[100 + n] = cosine, (1 - cosine**2) ** 0.5
    return vector


def unit(source: random.Random) -> Vector:
    vector = [source.gauss(0, 1) for _ in range(384)]
    length = sum(x * x for x in vector) ** 0.5
    return [x / length for x in vector]


def even(source: random.Random) -> Vector:
    """A vector of length 1 without rounding, so that a tie is one in both worlds."""
    vector = [0.0] * 384
    for n in source.sample(range(384), 16):
        vector[n] = source.choice([-0.25, 0.25])
    return vector


def _passage(
    version: Version, text: CanonicalText, page: Page, heading: str | None, new: UUID
) -> Chunk:
    span = Span(page.start, page.end)
    found = tuple(Sentence(one, page.number) for one in sentences(text.content, span))
    return Chunk(
        id=ChunkId(new),
        user_id=version.user_id,
        document_id=version.document_id,
        version_id=version.id,
        ordinal=text.pages.index(page),
        page=page.number,
        span=span,
        heading=heading,
        content=span.of(text.content),
        sentences=found,
    )
