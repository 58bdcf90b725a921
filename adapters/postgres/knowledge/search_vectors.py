"""The SQL that ranks passages by meaning, and finds the passages behind what was ranked."""

import re
from functools import cache

from sqlalchemy import text

from adapters.postgres.database import Statement

_SET_NAME = re.compile(r"[\w./-]+")

_EVERY = """
    SELECT chunk_id, version_id, embedding <=> CAST(:vector AS halfvec) AS distance
    FROM chunk_vectors
    WHERE user_id = :user_id AND embedding_set = '{name}'
        AND version_id = ANY (CAST(:versions AS uuid[]))"""
# OFFSET 0 keeps Postgres from joining all of an owner's vectors with a few passages.
_SOME = """
    SELECT v.chunk_id, v.version_id, v.embedding <=> CAST(:vector AS halfvec) AS distance
    FROM unnest(CAST(:versions AS uuid[]), CAST(:ordinals AS integer[])) asked (version_id, ordinal)
    CROSS JOIN LATERAL (
        SELECT v.* FROM chunks c JOIN chunk_vectors v
            ON v.user_id = :user_id AND v.chunk_id = c.id AND v.embedding_set = '{name}'
        WHERE c.user_id = :user_id AND c.version_id = asked.version_id
            AND c.ordinal = asked.ordinal OFFSET 0
    ) v"""
# The expression and the predicate of the set's HNSW index, to the letter. The versions are asked
# as (x IN (SELECT …)) IS TRUE, always a hash lookup: as a join it could become a nested loop.
_NEAREST = """
    SELECT chunk_id, version_id,
        embedding::halfvec({length}) <=> CAST(:vector AS halfvec({length})) AS distance
    FROM chunk_vectors
    WHERE user_id = :user_id AND embedding_set = '{name}'
        AND (version_id IN (SELECT unnest(CAST(:versions AS uuid[])))) IS TRUE
    ORDER BY embedding::halfvec({length}) <=> CAST(:vector AS halfvec({length}))
    LIMIT :most"""
_BEST = """
WITH distances AS MATERIALIZED ({distances}
), placed AS (
    SELECT *, row_number() OVER (PARTITION BY version_id ORDER BY distance, chunk_id) AS place
    FROM distances
)
SELECT chunk_id, version_id, distance FROM {source} ORDER BY distance, chunk_id LIMIT :most"""

# OFFSET 0 as above.
PASSAGES = Statement(
    text("""
    SELECT c.id AS chunk_id, asked.version_id, asked.ordinal,
        CASE WHEN :read THEN c.content END AS content
    FROM unnest(CAST(:versions AS uuid[]), CAST(:ordinals AS integer[]))
        asked (version_id, ordinal)
    CROSS JOIN LATERAL (
        SELECT id, content FROM chunks
        WHERE user_id = :user_id AND version_id = asked.version_id AND ordinal = asked.ordinal OFFSET 0
    ) c
    """)
)
CONTENTS = Statement(
    text(
        "SELECT id, content FROM chunks WHERE user_id = :user_id AND id = ANY (CAST(:ids AS uuid[]))"
    )
)


@cache
def every(embedding_set: str, most: int | None) -> Statement:
    """All vectors in scope compared; with `most`, a document has that many places at most."""
    return _best(_EVERY.format(name=named(embedding_set)), most)


@cache
def some(embedding_set: str, most: int | None) -> Statement:
    """The same among passages that are named by version and ordinal."""
    return _best(_SOME.format(name=named(embedding_set)), most)


@cache
def nearest(embedding_set: str, length: int) -> Statement:
    """What the set's HNSW index has in scope, sorted by exact distance."""
    return _best(_NEAREST.format(name=named(embedding_set), length=length), None)


def _best(distances: str, most: int | None) -> Statement:
    source = f"placed WHERE place <= {most:d}" if most else "distances"
    return Statement(text(_BEST.format(distances=distances, source=source)))


def named(embedding_set: str) -> str:
    """It stands in the text, for the planner has to see that a partial index fits."""
    if not _SET_NAME.fullmatch(embedding_set):
        raise ValueError(f"not the name of an embedding set: {embedding_set!r}")
    return embedding_set
