"""Passages without end, and owners who have many of them.

A passage is about 1,000 characters long and made of sentences of two Cranfield abstracts, which get
the capitals that the collection lacks; its vector lies between those of their titles. All share a subject, so that a word has many more matches than in
a library of many subjects.
"""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import batched

import asyncpg
import numpy as np

from adapters.models.minilm import MiniLmEmbedder
from adapters.postgres.database import Database
from adapters.postgres.knowledge.search import PostgresSearchIndex
from adapters.postgres.knowledge.vector_index import index_name
from adapters.postgres.pool import open_pool
from application.knowledge.ports import Vector
from benchmarks.cranfield import Collection
from benchmarks.library import add_document
from benchmarks.processes import CORES
from domain.shared.ids import UserId

PER_DOCUMENT = 50  # passages
_LENGTH = 1_000  # code points of a passage
_INDEX = index_name(MiniLmEmbedder.embedding_set)

type Passage = tuple[str, Vector]


async def passages(collection: Collection) -> Iterator[Passage]:
    embedder = MiniLmEmbedder()
    texts = [one.body for one in collection.abstracts]
    vectors = np.array(await embedder.embed([one.title for one in collection.abstracts]))
    embedder.close()
    return _mixed(texts, vectors)


async def load(url: str, owners: dict[UserId, int], source: Iterator[Passage]) -> None:
    """So many passages for each."""
    pool = await open_pool(url, len(CORES))
    try:
        async with _index_built_afterwards(url):
            for owner, size in owners.items():
                documents = batched(itertools.islice(source, size), PER_DOCUMENT)
                work = [_add(Database(pool), owner, documents) for _ in CORES]
                await asyncio.gather(*work)
    finally:
        await pool.close()


def _mixed(
    texts: list[str], vectors: "np.ndarray[tuple[int, int], np.dtype[np.float64]]"
) -> Iterator[Passage]:
    source, noise = random.Random(1), np.random.default_rng(1)
    parts = [_sentences(text) for text in texts]
    for number in itertools.count(1):
        two = source.sample(range(len(texts)), 2)
        pool = parts[two[0]] + parts[two[1]]
        passage = f"{number}."
        while len(passage) < _LENGTH:
            passage += " " + source.choice(pool)
        vector = vectors[two].sum(axis=0) + noise.normal(0, 0.02, vectors.shape[1])
        yield passage[: _LENGTH + 200], (vector / np.linalg.norm(vector)).tolist()


def _sentences(text: str) -> list[str]:
    """The collection has neither capitals nor any other full stop after a space."""
    found = (one.split() for one in text.split(" ."))
    return [" ".join(words).capitalize() + "." for words in found if words]


async def _add(database: Database, owner: UserId, documents: Iterator[tuple[Passage, ...]]) -> None:
    index = PostgresSearchIndex(database)
    for document in documents:
        chunks = await add_document(database, owner, "A report", [text for text, _ in document])
        vectors = [(c.id, vector) for c, (_, vector) in zip(chunks, document, strict=True)]
        await index.put_vectors(owner, MiniLmEmbedder.embedding_set, vectors)


@asynccontextmanager
async def _index_built_afterwards(url: str) -> AsyncIterator[None]:
    """Thrice as fast as keeping it up."""
    connection = await asyncpg.connect(url, ssl=False)
    try:
        query = "SELECT indexdef FROM pg_indexes WHERE indexname = $1"
        definition = await connection.fetchval(query, _INDEX)
        await connection.execute(f"DROP INDEX {_INDEX}")
        yield
        await connection.execute("SET maintenance_work_mem = '512MB'")
        await connection.execute(definition, timeout=7200)
        await connection.execute("VACUUM ANALYZE", timeout=1200)
    finally:
        await connection.close()
