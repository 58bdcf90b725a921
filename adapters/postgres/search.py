"""Lexical and semantic search over one owner's published passages.

`published` is every live document's current version: what is not in it is invisible. It is asked
as `(x IN (SELECT …)) IS TRUE`, which is always a hash lookup: as a join it could become a nested
loop, because the planner knows nothing about the size of what a user has.
"""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from itertools import batched
from typing import ClassVar

from asyncpg import Record
from sqlalchemy import text

from adapters.postgres.database import Database, Statement, Values
from application.knowledge.ports import Embedder, Vector
from application.knowledge.views import Hit, Legs, Mode, Query, SentenceView
from domain.knowledge.ranking import (
    CANDIDATES,
    K1,
    PER_DOCUMENT,
    TERMS,
    B,
    Candidate,
    Ranked,
    fuse,
    spread,
)
from domain.shared.ids import ChunkId, UserId, VersionId

EXACT = 20_000  # passages in scope up to which every vector is compared
_EVERY = 2**31 - 1

_SET_NAME = re.compile(r"[\w./-]+")
# With these in it and/or would be one word, a path, and long-term three.
_TERMS = "to_tsvector('english', translate({}, '/\\_-', '    '))"

_REMOVE_TERMS = Statement(
    text("DELETE FROM postings WHERE user_id = :user_id AND version_id = :version_id")
)
_PUT_TERMS = Statement(
    text(f"""
    WITH counted AS MATERIALIZED (
        SELECT c.ordinal, t.lexeme, cardinality(t.positions) AS tf
        FROM chunks c, unnest({_TERMS.format("concat_ws(E'\\n', c.heading, c.content)")}) t
        WHERE c.user_id = :user_id AND c.version_id = :version_id
    ), lengths AS MATERIALIZED (
        SELECT ordinal, sum(tf) AS dl FROM counted GROUP BY ordinal
    ), statistics AS (
        INSERT INTO version_statistics (user_id, version_id, chunks, terms)
        SELECT :user_id, :version_id, count(*), (SELECT coalesce(sum(dl), 0) FROM lengths)
        FROM chunks WHERE user_id = :user_id AND version_id = :version_id
        ON CONFLICT (user_id, version_id)
        DO UPDATE SET chunks = excluded.chunks, terms = excluded.terms
    )
    INSERT INTO postings (user_id, term, version_id, ordinals, tfs, dls)
    SELECT :user_id, lexeme, :version_id, array_agg(ordinal ORDER BY ordinal),
        array_agg(tf::int2 ORDER BY ordinal), array_agg(least(dl, 32767)::int2 ORDER BY ordinal)
    FROM counted JOIN lengths USING (ordinal) GROUP BY lexeme ORDER BY lexeme
    """)  # noqa: S608  our own constants
)

_PUT_SET = Statement(
    text("""
    INSERT INTO embedding_sets (name, dimensions, created_at)
    VALUES (:embedding_set, :dimensions, now()) ON CONFLICT DO NOTHING
    """)
)
# A chunk that is gone meanwhile gets no vector.
_PUT_VECTOR = Statement(
    text("""
    INSERT INTO chunk_vectors (user_id, chunk_id, embedding_set, version_id, embedding)
    SELECT user_id, id, :embedding_set, version_id, CAST(:vector AS halfvec)
    FROM chunks WHERE user_id = :user_id AND id = :id
    ON CONFLICT (user_id, chunk_id, embedding_set) DO UPDATE SET embedding = excluded.embedding
    """)
)

# Sorting hundreds of thousands of matches to group them is twice as slow as hashing them, and
# choosing by distance one would rather sort an owner's vectors than walk the HNSW index. The cast
# loads pgvector, so that a setting it does not know is an error, not a placeholder.
_TUNE = Statement(
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
    FROM unnest({_TERMS.format(":query")})
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

_HITS = Statement(
    text("""
    SELECT d.id AS document_id, d.title, c.version_id, t.sha256, c.id, c.page, c.start, c."end",
        c.heading, c.content, c.sentences
    FROM chunks c
    JOIN documents d ON d.user_id = :user_id AND d.id = c.document_id
    JOIN document_texts t ON t.user_id = :user_id AND t.version_id = c.version_id
    WHERE c.user_id = :user_id AND c.id = ANY (CAST(:ids AS uuid[]))
        AND d.current_version_id = c.version_id AND d.deleted_at IS NULL
    """)
)


class PostgresSearchIndex:
    """Queries are compared with vectors of the embedder's own set, and no other.

    `exact` is how many passages may be in scope for each vector to be compared; above that the HNSW
    index answers, and `fallbacks` counts how often it had too little to say."""

    fallbacks: ClassVar[int] = 0

    def __init__(self, database: Database, embedder: Embedder) -> None:
        if not _SET_NAME.fullmatch(embedder.embedding_set or "none"):
            raise ValueError(f"not the name of an embedding set: {embedder.embedding_set!r}")
        self._database = database
        self._set = embedder.embedding_set
        self.exact = EXACT

    async def put_terms(self, owner: UserId, version_id: VersionId) -> None:
        values = {"user_id": owner, "version_id": version_id}
        async with self._transaction():
            await self._database.row(_REMOVE_TERMS, values, owner)
            await self._database.row(_PUT_TERMS, values, owner)

    async def put_vectors(
        self, owner: UserId, embedding_set: str, vectors: Sequence[tuple[ChunkId, Vector]]
    ) -> None:
        if not vectors:
            return
        named = {"user_id": owner, "embedding_set": embedding_set}
        rows = [named | {"id": chunk_id, "vector": list(vector)} for chunk_id, vector in vectors]
        async with self._transaction():
            await self._database.row(_PUT_SET, named | {"dimensions": len(vectors[0][1])})
            await self._database.each(_PUT_VECTOR, rows, owner)

    async def search(self, owner: UserId, query: Query, vector: Vector | None) -> list[Hit]:
        one = len(set(query.document_ids or ())) == 1
        most = None if one else PER_DOCUMENT
        async with self._transaction():
            await self._database.row(_TUNE, owner=owner)
            legs = await self._legs(owner, query, vector)
            best = spread(fuse(*legs), query.limit, most)
            if len(best) < query.limit and any(len(leg) == CANDIDATES for leg in legs):
                # A few documents took all the places: let each have its best passages only.
                legs = await self._legs(owner, query, vector, most=PER_DOCUMENT)
                best = spread(fuse(*legs), query.limit, most)
            return await self._hits(owner, best)

    async def _legs(
        self, owner: UserId, query: Query, vector: Vector | None, *, most: int | None = None
    ) -> tuple[list[Candidate], list[Candidate]]:
        """The two lists; with `most`, each of them has that many passages of a document at most."""
        semantic = None if query.mode is Mode.LEXICAL or vector is None else self._set
        values = {
            "user_id": owner,
            "documents": query.document_ids,
            "query": query.query,
            "vector": None if vector is None else list(vector),
            "exact": self.exact if most is None else _EVERY,
            "candidates": CANDIDATES,
        }
        find = _find(query.mode is not Mode.SEMANTIC, semantic, most)
        rows = await self._database.rows(find, values, owner)
        words, meanings = _leg(rows, "lexical"), _leg(rows, "semantic")
        scope = next(row["distance"] for row in rows if row["leg"] == "scope")
        if semantic is not None and vector is not None and scope > values["exact"]:
            meanings = await self._nearest(values, _nearest(semantic, len(vector)))
            if len(meanings) < min(CANDIDATES, scope):
                PostgresSearchIndex.fallbacks += 1
                every = values | {"exact": _EVERY}
                meanings = await self._nearest(every, _find(False, semantic, None))
        return words, meanings

    async def _nearest(self, values: Values, statement: Statement) -> list[Candidate]:
        rows = await self._database.rows(statement, values, values["user_id"])
        return _leg(rows, "semantic")

    async def _hits(self, owner: UserId, best: list[Ranked]) -> list[Hit]:
        """What was deleted a moment ago is left out."""
        values = {"user_id": owner, "ids": [ranked.candidate.chunk_id for ranked in best]}
        rows = {row["id"]: row for row in await self._database.rows(_HITS, values, owner)}
        found = [(ranked, rows.get(ranked.candidate.chunk_id)) for ranked in best]
        return [_hit(ranked, row) for ranked, row in found if row is not None]

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        """The open one, or one of our own."""
        if _is_open(self._database):
            yield
        else:
            async with self._database:
                yield


def _is_open(database: Database) -> bool:
    try:
        return database.connection is not None
    except RuntimeError:
        return False


@cache
def _find(lexical: bool, embedding_set: str | None, most: int | None) -> Statement:
    """Both lists, and how many passages are in scope: a semantic one too large stays empty."""
    parts, found = [_PUBLISHED, _TOTALS], [_SCOPE]
    if lexical:
        parts.append(_LEXICAL)
        found.append(_best("lexical", "ordinal", most))
    if embedding_set is not None:
        parts.append(_EXACT.format(name=embedding_set))
        found.append(_best("semantic", "id", most))
    return _statement(parts, found)


@cache
def _nearest(embedding_set: str, length: int) -> Statement:
    nearest = _NEAREST.format(name=embedding_set, length=length)
    return _statement([_PUBLISHED, nearest], [_best("semantic", "id", None)])


def _statement(parts: list[str], found: list[str]) -> Statement:
    return Statement(text("WITH" + ",".join(parts) + "\nUNION ALL\n".join(found)))


def _best(leg: str, key: str, most: int | None) -> str:
    source = _SPREAD.format(leg=leg, key=key, most=most) if most else leg
    return _BEST.format(leg=leg, key=key, source=source)


def _leg(rows: list[Record], leg: str) -> list[Candidate]:
    mine = sorted(
        (row["distance"], row["id"], row["document_id"]) for row in rows if row["leg"] == leg
    )
    return [Candidate(chunk_id, document_id) for _, chunk_id, document_id in mine]


def _hit(ranked: Ranked, row: Record) -> Hit:
    return Hit(
        document_id=row["document_id"],
        document_title=row["title"],
        version_id=row["version_id"],
        version_sha256=row["sha256"],
        chunk_id=row["id"],
        page=row["page"],
        start=row["start"],
        end=row["end"],
        heading=row["heading"],
        text=row["content"],
        sentences=[SentenceView(*numbers) for numbers in batched(row["sentences"], 3)],
        score=ranked.score,
        legs=Legs(ranked.lexical, ranked.semantic),
    )
