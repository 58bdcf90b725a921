"""An owner's index of words and vectors, and search over what is published."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import batched
from typing import ClassVar

from asyncpg import Record
from sqlalchemy import text

from adapters.postgres.database import Database, Statement, Values
from adapters.postgres.knowledge.candidates import TERMS_OF, TUNE, find, nearest
from application.knowledge.ports import Embedding, Vector
from application.knowledge.views import Hit, Legs, Mode, Query, SentenceView
from domain.knowledge.ranking import CANDIDATES, PER_DOCUMENT, Candidate, Ranked, fuse, spread
from domain.shared.ids import ChunkId, UserId, VersionId

EXACT = 20_000  # passages in scope up to which every vector is compared
_EVERY = 2**31 - 1

_REMOVE_TERMS = Statement(
    text("DELETE FROM postings WHERE user_id = :user_id AND version_id = :version_id")
)
_PUT_TERMS = Statement(
    text(f"""
    WITH counted AS MATERIALIZED (
        SELECT c.ordinal, t.lexeme, cardinality(t.positions) AS tf
        FROM chunks c, unnest({TERMS_OF.format("concat_ws(E'\\n', c.heading, c.content)")}) t
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

# A chunk, or a set, that is gone meanwhile gets no vector.
_PUT_VECTOR = Statement(
    text("""
    INSERT INTO chunk_vectors (user_id, chunk_id, embedding_set, version_id, embedding)
    SELECT c.user_id, c.id, s.name, c.version_id, CAST(:vector AS halfvec)
    FROM chunks c, embedding_sets s
    WHERE c.user_id = :user_id AND c.id = :id AND s.name = :embedding_set
    ON CONFLICT (user_id, chunk_id, embedding_set) DO UPDATE SET embedding = excluded.embedding
    """)
)

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


# Undone in a caller's transaction: what a search sets is not for the statements after it.
_BEGIN = Statement(text("SAVEPOINT search"))
_UNDO = Statement(text("ROLLBACK TO SAVEPOINT search"))
_END = Statement(text("RELEASE SAVEPOINT search"))


class PostgresSearchIndex:
    """`exact` is how many passages may be in scope for each vector to be compared; above that the
    HNSW index answers, and `fallbacks` counts how often it had too little to say."""

    fallbacks: ClassVar[int] = 0

    def __init__(self, database: Database) -> None:
        self._database = database
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
            await self._database.each(_PUT_VECTOR, rows, owner)

    async def search(self, owner: UserId, query: Query, embedding: Embedding | None) -> list[Hit]:
        one = len(set(query.document_ids or ())) == 1
        most = None if one else PER_DOCUMENT
        async with self._tuned(owner):
            legs = await self._legs(owner, query, embedding)
            best = spread(fuse(*legs), query.limit, most)
            if len(best) < query.limit and any(len(leg) == CANDIDATES for leg in legs):
                # A few documents took all the places: let each have its best passages only.
                legs = await self._legs(owner, query, embedding, most=PER_DOCUMENT)
                best = spread(fuse(*legs), query.limit, most)
            return await self._hits(owner, best)

    async def _legs(
        self, owner: UserId, query: Query, embedding: Embedding | None, *, most: int | None = None
    ) -> tuple[list[Candidate], list[Candidate]]:
        """The two lists; with `most`, each of them has that many passages of a document at most."""
        meant = None if query.mode is Mode.LEXICAL else embedding
        values = {
            "user_id": owner,
            "documents": query.document_ids,
            "query": query.query,
            "vector": list(meant.vector) if meant else None,
            "exact": self.exact if most is None else _EVERY,
            "candidates": CANDIDATES,
        }
        both = find(query.mode is not Mode.SEMANTIC, meant.embedding_set if meant else None, most)
        rows = await self._database.rows(both, values, owner)
        words, meanings = _leg(rows, "lexical"), _leg(rows, "semantic")
        scope = next(row["distance"] for row in rows if row["leg"] == "scope")
        if meant and scope > values["exact"]:
            meanings = await self._nearest(values, meant, scope)
        return words, meanings

    async def _nearest(self, values: Values, meant: Embedding, scope: float) -> list[Candidate]:
        """As the HNSW index has them, or, when it has too few, of all that are in scope."""
        owner = values["user_id"]
        indexed = nearest(meant.embedding_set, len(meant.vector))
        found = _leg(await self._database.rows(indexed, values, owner), "semantic")
        if len(found) >= min(CANDIDATES, scope):
            return found
        PostgresSearchIndex.fallbacks += 1
        every = find(False, meant.embedding_set, None)
        rows = await self._database.rows(every, {**values, "exact": _EVERY}, owner)
        return _leg(rows, "semantic")

    async def _hits(self, owner: UserId, best: list[Ranked]) -> list[Hit]:
        """What was deleted a moment ago is left out."""
        values = {"user_id": owner, "ids": [ranked.candidate.chunk_id for ranked in best]}
        rows = {row["id"]: row for row in await self._database.rows(_HITS, values, owner)}
        found = [(ranked, rows.get(ranked.candidate.chunk_id)) for ranked in best]
        return [_hit(ranked, row) for ranked, row in found if row is not None]

    @asynccontextmanager
    async def _tuned(self, owner: UserId) -> AsyncIterator[None]:
        """A transaction, or a part of the open one, in which Postgres plans as search needs it."""
        if not _is_open(self._database):
            async with self._database:
                await self._database.row(TUNE, owner=owner)
                yield
            return
        await self._database.row(_BEGIN, owner=owner)  # the owner is set before it, and stays
        try:
            await self._database.row(TUNE)
            yield
        finally:
            await self._database.row(_UNDO)
            await self._database.row(_END)

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
