"""The HNSW index of an embedding set: an index has one length of vectors, and sets are never mixed.

It is made without a lock that anybody would wait for, so outside any transaction; a try that was
killed leaves an invalid index, which the next one replaces.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from adapters.postgres.answering import ANSWERING
from adapters.postgres.knowledge.search_vectors import named
from domain.knowledge.embedding import EmbeddingSet

PREFIX = "chunk_vectors_hnsw_"
# Whoever waited in Postgres would be waited for by the one who makes the index.
_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"
_PAUSE = 1.0  # seconds
_IS_VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)"
_CREATE = """
CREATE INDEX CONCURRENTLY {index} ON chunk_vectors
USING hnsw ((embedding::halfvec({dimensions})) halfvec_cosine_ops)
WITH (m = 16, ef_construction = 64) WHERE embedding_set = '{name}'
"""


def index_name(embedding_set: str) -> str:
    """A set may be called what no index may."""
    return PREFIX + hashlib.sha256(embedding_set.encode()).hexdigest()[:16]


async def create(url: str, one: EmbeddingSet) -> None:
    index = index_name(one.name)
    async with _alone(url, index) as connection:
        valid = await connection.fetchval(_IS_VALID, index)
        if valid:
            return
        await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index}")
        dimensions, name = int(one.dimensions), named(one.name)
        await connection.execute(_CREATE.format(index=index, dimensions=dimensions, name=name))


async def drop(url: str, one: EmbeddingSet) -> None:
    index = index_name(one.name)
    async with _alone(url, index) as connection:
        await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index}")


@asynccontextmanager
async def _alone(url: str, index: str) -> AsyncIterator[asyncpg.Connection]:
    """Nobody else makes or drops the index meanwhile, not even somebody whose process was killed
    and whose statement goes on."""
    with ANSWERING:
        connection = await asyncpg.connect(url, ssl=False if "host=/" in url else None)
        try:
            while not await connection.fetchval(_TRY_LOCK, index):  # noqa: ASYNC110  it is another process
                await asyncio.sleep(_PAUSE)
            yield connection
        finally:
            await connection.close()
