"""The SQL that finds candidates among one owner's published passages, by words and by meaning.

`published` is every live document's current version: what is not in it is invisible. It is asked
as `(x IN (SELECT …)) IS TRUE`, which is always a hash lookup: as a join it could become a nested
loop, because the planner knows nothing about the size of what a user has.
"""

import re
from functools import cache

from sqlalchemy import text

from adapters.postgres.database import Statement
from domain.knowledge.ranking import K1, TERMS, B

_SET_NAME = re.compile(r"[\w./-]+")
# With these in it and/or would be one word, a path, and long-term three.
TERMS_OF = "to_tsvector('english', translate({}, '/\\_-', '    '))"

# Sorting hundreds of thousands of matches to group them is twice as slow as hashing them, and
# choosing by distance one would rather sort an owner's vectors than walk the HNSW index. The cast
# loads pgvector, so that a setting it does not know is an error, not a placeholder.
TUNE = Statement(
    text("""
    SELECT '[0]'::halfvec, set_config('enable_sort', 'off', true),
        set_config('work_mem', '32MB', true),
        set_config('hnsw.iterative_scan', 'relaxed_order', true),
        set_config('hnsw.ef_search', '120', true)
    """)
)

_PUBLISHED = """
published AS MATERIALIZED (
    SELECT d.current_version_id AS version_id, s.chunks, s.terms,
        CAST(:documents AS uuid[]) IS NULL OR d.id = ANY (CAST(:documents AS uuid[])) AS asked
    FROM documents d
    LEFT JOIN version_statistics s
        ON s.user_id = :user_id AND s.version_id = d.current_version_id
    WHERE d.user_id = :user_id AND d.deleted_at IS NULL AND d.current_version_id IS NOT NULL
)"""
_TOTALS = """
totals AS MATERIALIZED (
    SELECT sum(chunks)::float8 AS chunks, sum(terms)::float8 / nullif(sum(chunks), 0) AS mean,
        coalesce(sum(chunks) FILTER (WHERE asked), 0)::float8 AS scope
    FROM published
)"""
# BM25 over the owner's statistics, whatever part of the documents is asked.
_LEXICAL = f"""
asked_terms AS MATERIALIZED (
    SELECT lexeme AS term, cardinality(positions) AS times
    FROM unnest({TERMS_OF.format(":query")})
), lists AS MATERIALIZED (
    SELECT term, version_id, ordinals, tfs, dls FROM postings
    WHERE user_id = :user_id AND term = ANY (ARRAY(SELECT term FROM asked_terms))
        AND (version_id IN (SELECT version_id FROM published)) IS TRUE
), weights AS MATERIALIZED (
    SELECT term, times * ln(1 + (chunks - df + 0.5::float8) / (df + 0.5::float8)) AS weight
    FROM (SELECT term, sum(cardinality(ordinals))::float8 AS df FROM lists GROUP BY term) counted
    JOIN asked_terms USING (term), totals
    ORDER BY df, term LIMIT {TERMS}
), matches AS (
    SELECT version_id, weight, unnest(ordinals) AS ordinal, unnest(tfs) AS tf, unnest(dls) AS dl
    FROM lists JOIN weights USING (term)
    WHERE (version_id IN (SELECT version_id FROM published WHERE asked)) IS TRUE
), lexical AS (
    SELECT version_id, ordinal, -sum(
        weight * tf / (tf + {K1 * (1 - B)}::float8 + {K1 * B}::float8 / mean * dl)
    ) AS distance
    FROM matches, totals GROUP BY version_id, ordinal
)"""  # noqa: S608  our own constants
_EXACT = """
semantic AS MATERIALIZED (
    SELECT version_id, chunk_id AS id, embedding <=> CAST(:vector AS halfvec) AS distance
    FROM chunk_vectors
    WHERE user_id = :user_id AND embedding_set = '{name}'
        AND version_id = ANY (ARRAY(SELECT version_id FROM published WHERE asked))
        AND (SELECT scope FROM totals) <= :exact
)"""
# The expression and the predicate of the set's HNSW index, to the letter.
_NEAREST = """
semantic AS MATERIALIZED (
    SELECT version_id, chunk_id AS id,
        embedding::halfvec({length}) <=> CAST(:vector AS halfvec({length})) AS distance
    FROM chunk_vectors
    WHERE user_id = :user_id AND embedding_set = '{name}'
        AND (version_id IN (SELECT version_id FROM published WHERE asked)) IS TRUE
    ORDER BY embedding::halfvec({length}) <=> CAST(:vector AS halfvec({length}))
    LIMIT :candidates
)"""
# OFFSET 0 keeps Postgres from joining all of an owner's chunks with a hundred of them.
_BEST = """
SELECT '{leg}' AS leg, best.distance, c.id, c.document_id
FROM (SELECT * FROM {source} ORDER BY distance, version_id, {key} LIMIT :candidates) best
CROSS JOIN LATERAL (
    SELECT id, document_id FROM chunks
    WHERE user_id = :user_id AND version_id = best.version_id AND {key} = best.{key} OFFSET 0
) c"""
_SPREAD = """(
    SELECT * FROM (
        SELECT *, row_number() OVER (PARTITION BY version_id ORDER BY distance, {key}) AS place
        FROM {leg}
    ) placed WHERE place <= {most}
) spread"""
_SCOPE = """
SELECT 'scope' AS leg, scope AS distance, NULL::uuid AS id, NULL::uuid AS document_id FROM totals"""


@cache
def find(lexical: bool, embedding_set: str | None, most: int | None) -> Statement:
    """The lists, and how many passages are in scope: a semantic one too large stays empty. With
    `most`, a list has that many passages of a document at most."""
    parts, found = [_PUBLISHED, _TOTALS], [_SCOPE]
    if lexical:
        parts.append(_LEXICAL)
        found.append(_best("lexical", "ordinal", most))
    if embedding_set is not None:
        parts.append(_EXACT.format(name=named(embedding_set)))
        found.append(_best("semantic", "id", most))
    return _statement(parts, found)


@cache
def nearest(embedding_set: str, length: int) -> Statement:
    """The semantic list as the HNSW index of the set gives it."""
    leg = _NEAREST.format(name=named(embedding_set), length=length)
    return _statement([_PUBLISHED, leg], [_best("semantic", "id", None)])


def _statement(parts: list[str], found: list[str]) -> Statement:
    return Statement(text("WITH" + ",".join(parts) + "\nUNION ALL\n".join(found)))


def _best(leg: str, key: str, most: int | None) -> str:
    source = _SPREAD.format(leg=leg, key=key, most=most) if most else leg
    return _BEST.format(leg=leg, key=key, source=source)


def named(embedding_set: str) -> str:
    """It stands in the text, for the planner has to see that a partial index fits."""
    if not _SET_NAME.fullmatch(embedding_set):
        raise ValueError(f"not the name of an embedding set: {embedding_set!r}")
    return embedding_set
