"""Search over what an owner has published: two ranked lists, fused."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched, islice
from typing import Any, ClassVar

from asyncpg import Record

from adapters.postgres.database import Database
from adapters.postgres.knowledge.indexing import put_terms, put_vectors
from adapters.postgres.knowledge.search_hits import hits
from adapters.postgres.knowledge.search_scope import Place, Scope, require, scope_of
from adapters.postgres.knowledge.search_tuning import tuned
from adapters.postgres.knowledge.search_vectors import CONTENTS, PASSAGES, every, nearest, some
from adapters.postgres.knowledge.search_words import Words, having_phrases, words
from application.knowledge.ports import Embedding, Vector
from application.knowledge.views import Comparison, Findings, Mode, Plan, Query
from domain.knowledge.ranking import CANDIDATES, PER_DOCUMENT, Candidate, fuse, spread, thinned
from domain.knowledge.wording import Wording, wording
from domain.shared.ids import ChunkId, DocumentId, UserId, VersionId

EXACT = 20_000  # passages in scope up to which every vector is compared
_READ = 1_000  # passages whose text is looked at together
_GROWTH = 4


@dataclass(slots=True, kw_only=True)
class _Search:
    """One search while it goes on. `having` are the passages that may have the query's phrases,
    None when that is unknown."""

    owner: UserId
    query: Query
    wording: Wording
    scope: Scope
    embedding: Embedding | None
    words: Words | None = None
    having: list[Place] | None = None
    distances: dict[ChunkId, float] = field(default_factory=dict)
    comparison: Comparison | None = None
    fallback: bool = False

    @property
    def values(self) -> dict[str, Any]:
        return {
            "user_id": self.owner,
            "vector": list(self.embedding.vector) if self.embedding else None,
            "versions": self.scope.versions,
        }


class PostgresSearchIndex:
    """`exact` is how many passages may be in scope for each vector to be compared; above that the
    HNSW index answers, and `fallbacks` counts how often it had too little to say."""

    fallbacks: ClassVar[int] = 0

    def __init__(self, database: Database) -> None:
        self._database = database
        self.exact = EXACT

    async def put_terms(self, owner: UserId, version_id: VersionId) -> None:
        await put_terms(self._database, owner, version_id)

    async def put_vectors(
        self, owner: UserId, embedding_set: str, vectors: Sequence[tuple[ChunkId, Vector]]
    ) -> None:
        await put_vectors(self._database, owner, embedding_set, vectors)

    async def require(self, owner: UserId, document_ids: Sequence[DocumentId]) -> None:
        await require(self._database, owner, document_ids)

    async def search(self, owner: UserId, query: Query, embedding: Embedding | None) -> Findings:
        most = None if len(set(query.document_ids or ())) == 1 else PER_DOCUMENT
        async with tuned(self._database, owner):
            search = await self._begun(owner, query, embedding)
            legs = await self._legs(search, None)
            best = spread(fuse(*legs), query.limit, most)
            full = any(len(leg) == CANDIDATES for leg in legs)
            if widened := len(best) < query.limit and full:
                # A few documents took all the places: let each have its best passages only.
                best = spread(fuse(*await self._legs(search, most)), query.limit, most)
            plan = Plan(
                passages=search.scope.size,
                configurations=search.scope.configurations,
                semantic=search.comparison,
                fallback=search.fallback,
                widened=widened,
            )
            shown = await hits(
                self._database, owner, query, best, search.scope, search.words, search.distances
            )
            return Findings(shown, plan)

    async def _begun(self, owner: UserId, query: Query, embedding: Embedding | None) -> _Search:
        search = _Search(
            owner=owner,
            query=query,
            wording=wording(query.query),
            scope=await scope_of(self._database, owner, query.document_ids, query.filters),
            embedding=None if query.mode is Mode.LEXICAL else embedding,
        )
        if not search.scope.size:
            return search
        if query.mode is not Mode.SEMANTIC or search.wording.phrases:
            search.words = await words(self._database, owner, search.wording.text, search.scope)
            search.having = await having_phrases(
                self._database, search.wording.phrases, search.words
            )
        return search

    async def _legs(
        self, search: _Search, most: int | None
    ) -> tuple[list[Candidate], list[Candidate]]:
        """The two lists; with `most`, each of them has that many passages of a document at most."""
        lexical: list[Candidate] = []
        semantic: list[Candidate] = []
        if search.words is not None and search.query.mode is not Mode.SEMANTIC:
            lexical = await self._lexical(search, search.words, most)
        if search.embedding is not None and search.scope.size:
            semantic = await self._semantic(search, search.embedding, most)
        return lexical, semantic

    async def _lexical(self, search: _Search, words: Words, most: int | None) -> list[Candidate]:
        """Down the list until there are enough: what a document has too much of, and what has not
        the wording, is passed over."""
        first = None if most or search.wording.insists else CANDIDATES
        ranked = words.ranked(first)
        possible = None if search.having is None else {*search.having}
        taken: Counter[VersionId] = Counter()
        places: Iterator[Place] = (
            place
            for place in search.scope.places(ranked)
            if (possible is None or place in possible) and (most is None or taken[place[0]] < most)
        )
        found: list[tuple[Place, ChunkId]] = []
        for batch in batched(places, _READ if search.wording.insists else CANDIDATES):
            chunks = await self._passages(search, batch)
            for place in batch:
                if place in chunks and (most is None or taken[place[0]] < most):
                    taken[place[0]] += 1
                    found.append((place, chunks[place]))
            if len(found) >= CANDIDATES:
                break
        best = sorted(
            found[:CANDIDATES], key=lambda one: (-words.score(search.scope.number(*one[0])), one[1])
        )
        return [Candidate(chunk, search.scope.documents[place[0]]) for place, chunk in best]

    async def _passages(self, search: _Search, places: Sequence[Place]) -> dict[Place, ChunkId]:
        """Those that have the wording."""
        values = {
            "user_id": search.owner,
            "versions": [version for version, _ in places],
            "ordinals": [ordinal for _, ordinal in places],
            "read": search.wording.insists,
        }
        rows = await self._database.rows(PASSAGES, values, search.owner)
        return {
            (row["version_id"], row["ordinal"]): row["chunk_id"]
            for row in rows
            if not search.wording.insists or search.wording.admits(row["content"])
        }

    async def _semantic(
        self, search: _Search, embedding: Embedding, most: int | None
    ) -> list[Candidate]:
        """The nearest, and more and more of them until enough have the wording."""
        size = CANDIDATES
        while True:
            rows = await self._nearest(search, embedding, size, most)
            admitted = await self._admitted(search, rows)
            search.distances.update((row["chunk_id"], row["distance"]) for row in admitted)
            candidates = [
                Candidate(row["chunk_id"], search.scope.documents[row["version_id"]])
                for row in admitted
            ]
            found = list(islice(thinned(candidates, _document, most), CANDIDATES))
            if len(found) == CANDIDATES or len(rows) < size or not search.wording.insists:
                return found
            size *= _GROWTH

    async def _nearest(
        self, search: _Search, embedding: Embedding, size: int, most: int | None
    ) -> list[Record]:
        """The first `size` by distance. Which of a document's have the wording is not known yet, so
        all of them stay in the list."""
        kept = None if search.wording.insists else most
        name, values = embedding.embedding_set, search.values | {"most": size}
        search.comparison = Comparison.EXACT
        if search.having is not None:
            places = {
                "versions": [version for version, _ in search.having],
                "ordinals": [ordinal for _, ordinal in search.having],
            }
            return await self._database.rows(some(name, kept), values | places, search.owner)
        if search.scope.size > self.exact and kept is None:
            indexed = nearest(name, len(embedding.vector))
            rows = await self._database.rows(indexed, values, search.owner)
            if len(rows) >= min(size, search.scope.size):
                search.comparison = Comparison.HNSW
                return rows
            PostgresSearchIndex.fallbacks += 1
            search.fallback = True
        return await self._database.rows(every(name, kept), values, search.owner)

    async def _admitted(self, search: _Search, rows: list[Record]) -> list[Record]:
        if not search.wording.insists:
            return rows
        admitted: set[ChunkId] = set()
        for batch in batched(rows, _READ):
            values = {"user_id": search.owner, "ids": [row["chunk_id"] for row in batch]}
            found = await self._database.rows(CONTENTS, values, search.owner)
            admitted |= {row["id"] for row in found if search.wording.admits(row["content"])}
        return [row for row in rows if row["chunk_id"] in admitted]


def _document(candidate: Candidate) -> DocumentId:
    return candidate.document_id
