from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from adapters.memory.knowledge.filters import meets
from adapters.memory.store import Store
from application.knowledge.explaining import explanation
from application.knowledge.ports import Embedding, Vector
from application.knowledge.views import (
    Comparison,
    Findings,
    Hit,
    Legs,
    Mode,
    Plan,
    Query,
    SentenceView,
    TermScore,
)
from domain.knowledge.chunk import Chunk
from domain.knowledge.document import Document
from domain.knowledge.ranking import (
    CANDIDATES,
    PER_DOCUMENT,
    TERMS,
    Candidate,
    Ranked,
    best_sentence,
    bm25,
    fuse,
    idf,
    spread,
    thinned,
)
from domain.knowledge.text import CanonicalText
from domain.knowledge.wording import wording
from domain.shared.errors import NotFound
from domain.shared.ids import ChunkId, DocumentId, UserId, VersionId
from domain.shared.terms import terms

type _Scores = dict[Candidate, float]
type _Words = dict[Candidate, list[TermScore]]


@dataclass(frozen=True, slots=True)
class _Terms:
    """How often a chunk has each term."""

    counts: dict[str, int]
    length: int


@dataclass(frozen=True, slots=True)
class _Weight:
    """What a term of the query is worth."""

    term: str
    times: int
    idf: float

    def of(self, tf: int, length: int, mean: float) -> TermScore:
        score = self.times * self.idf * bm25(tf, length, mean)
        return TermScore(self.term, self.times, self.idf, tf, score)


@dataclass(frozen=True, slots=True)
class _Vectors:
    """A chunk's vector in each embedding set."""

    sets: dict[str, tuple[float, ...]]


class MemorySearchIndex:
    """The same promises as on Postgres, by looking at everything."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put_terms(self, owner: UserId, version_id: VersionId) -> None:
        for chunk in self._store.table(Chunk).values():
            if (chunk.user_id, chunk.version_id) == (owner, version_id):
                title = self._store.table(Document)[owner, chunk.document_id].title
                counts = Counter(terms(f"{title}\n{chunk.heading or ''}\n{chunk.content}"))
                self._store.table(_Terms)[owner, chunk.id] = _Terms(dict(counts), counts.total())

    async def put_vectors(
        self, owner: UserId, embedding_set: str, vectors: Sequence[tuple[ChunkId, Vector]]
    ) -> None:
        table = self._store.table(_Vectors)
        for chunk_id, vector in vectors:
            if (owner, chunk_id) in self._store.table(Chunk):
                sets = table[owner, chunk_id].sets if (owner, chunk_id) in table else {}
                table[owner, chunk_id] = _Vectors(sets | {embedding_set: tuple(vector)})

    async def require(self, owner: UserId, document_ids: Sequence[DocumentId]) -> None:
        table = self._store.table(Document)
        mine = [table.get((owner, document_id)) for document_id in document_ids]
        if not all(document and document.deleted_at is None for document in mine):
            raise NotFound("there is no such document")

    async def search(self, owner: UserId, query: Query, embedding: Embedding | None) -> Findings:
        wanted, published = wording(query.query), self._published(owner)
        asked = [
            Candidate(chunk.id, chunk.document_id)
            for chunk in published.values()
            if _asked(self._store.table(Document)[owner, chunk.document_id], query)
        ]
        fit = [one for one in asked if wanted.admits(published[one.chunk_id].content)]
        words: _Words = {}
        meanings: _Scores = {}
        if query.mode is not Mode.SEMANTIC:
            words = self._lexical(owner, wanted.text, list(published), fit)
        if query.mode is not Mode.LEXICAL and embedding is not None:
            meanings = self._semantic(owner, embedding, fit)
        one = len(set(query.document_ids or ())) == 1
        scores = {candidate: _total(terms) for candidate, terms in words.items()}, meanings
        best, widened = _best(scores, query.limit, None if one else PER_DOCUMENT)
        hits = [
            self._hit(owner, query, ranked, words.get(ranked.candidate, []), meanings)
            for ranked in best
        ]
        compared = query.mode is not Mode.LEXICAL and embedding is not None and bool(asked)
        plan = Plan(
            passages=len(asked),
            configurations=["english"] if published else [],
            semantic=Comparison.EXACT if compared else None,
            fallback=False,
            widened=widened,
        )
        return Findings(hits, plan)

    def _published(self, owner: UserId) -> dict[ChunkId, Chunk]:
        current = {
            document.current_version_id
            for document in self._store.table(Document).values()
            if document.user_id == owner and document.deleted_at is None
        }
        chunks = self._store.table(Chunk).values()
        return {c.id: c for c in chunks if c.user_id == owner and c.version_id in current}

    def _lexical(
        self, owner: UserId, query: str, published: Iterable[ChunkId], asked: Iterable[Candidate]
    ) -> _Words:
        table = self._store.table(_Terms)
        mine = {id_: table[owner, id_] for id_ in published if (owner, id_) in table}
        weights = _weights(Counter(terms(query)), mine.values())
        mean = sum(one.length for one in mine.values()) / max(len(mine), 1)
        scores: _Words = {}
        for candidate in asked:
            one = mine.get(candidate.chunk_id)
            shared = weights.keys() & one.counts.keys() if one else set()
            if one and shared:
                scores[candidate] = [
                    weights[term].of(one.counts[term], one.length, mean) for term in sorted(shared)
                ]
        return scores

    def _semantic(self, owner: UserId, embedding: Embedding, asked: Iterable[Candidate]) -> _Scores:
        name, vector = embedding.embedding_set, embedding.vector
        table = self._store.table(_Vectors)
        found = {one: table.get((owner, one.chunk_id)) for one in asked}
        return {
            one: sum(a * b for a, b in zip(vector, vectors.sets[name], strict=True))
            for one, vectors in found.items()
            if vectors and name in vectors.sets
        }

    def _hit(
        self,
        owner: UserId,
        query: Query,
        ranked: Ranked,
        terms: list[TermScore],
        meanings: _Scores,
    ) -> Hit:
        chunk = self._store.table(Chunk)[owner, ranked.candidate.chunk_id]
        close = meanings.get(ranked.candidate)
        spans = [SentenceView(s.page, s.span.start, s.span.end) for s in chunk.sentences]
        texts = [s.span.shifted(-chunk.span.start).of(chunk.content) for s in chunk.sentences]
        return Hit(
            document_id=chunk.document_id,
            document_title=self._store.table(Document)[owner, chunk.document_id].title,
            version_id=chunk.version_id,
            version_sha256=self._store.table(CanonicalText)[owner, chunk.version_id].sha256,
            chunk_id=chunk.id,
            page=chunk.page,
            start=chunk.span.start,
            end=chunk.span.end,
            heading=chunk.heading,
            text=chunk.content,
            sentences=spans,
            best_sentence=spans[best_sentence(query.query, texts)],
            score=ranked.score,
            legs=Legs(ranked.lexical, ranked.semantic),
            explanation=explanation(ranked, terms, None if close is None else 1 - close)
            if query.explain
            else None,
        )


def vectors_of(store: Store, chunk: Chunk) -> dict[str, tuple[float, ...]]:
    """By embedding set."""
    found = store.table(_Vectors).get((chunk.user_id, chunk.id))
    return found.sets if found else {}


def unembed(store: Store, chunk: Chunk, embedding_set: str) -> None:
    sets = {name: v for name, v in vectors_of(store, chunk).items() if name != embedding_set}
    store.table(_Vectors)[chunk.user_id, chunk.id] = _Vectors(sets)


def forget(store: Store, owner: UserId, chunk_id: ChunkId) -> None:
    """The words and vectors of a chunk, which go with it."""
    store.table(_Terms).pop((owner, chunk_id), None)
    store.table(_Vectors).pop((owner, chunk_id), None)


def terms_of(store: Store, chunk: Chunk) -> list[str]:
    found = store.table(_Terms).get((chunk.user_id, chunk.id))
    return list(found.counts) if found else []


def _asked(document: Document, query: Query) -> bool:
    named = query.document_ids is None or document.id in query.document_ids
    return named and (query.filters is None or meets(document, query.filters))


def _weights(asked: Counter[str], indexed: Iterable[_Terms]) -> dict[str, _Weight]:
    indexed = list(indexed)
    having = {term: sum(term in one.counts for one in indexed) for term in asked}
    rarest = sorted((count, term) for term, count in having.items() if count)[:TERMS]
    return {term: _Weight(term, asked[term], idf(len(indexed), count)) for count, term in rarest}


def _total(terms: list[TermScore]) -> float:
    return sum(term.score for term in terms)


def _best(
    scores: tuple[_Scores, _Scores], limit: int, most: int | None
) -> tuple[list[Ranked], bool]:
    words, meanings = map(_ranked, scores)
    best = spread(fuse(words[:CANDIDATES], meanings[:CANDIDATES]), limit, most)
    if len(best) == limit or max(len(words), len(meanings)) < CANDIDATES:
        return best, False
    # A few documents took all the places: let each have its best passages only.
    words, meanings = _thin(words, most), _thin(meanings, most)
    return spread(fuse(words[:CANDIDATES], meanings[:CANDIDATES]), limit, most), True


def _ranked(scores: _Scores) -> list[Candidate]:
    return sorted(scores, key=lambda candidate: (-scores[candidate], candidate.chunk_id))


def _thin(candidates: list[Candidate], most: int | None) -> list[Candidate]:
    return list(thinned(candidates, lambda one: one.document_id, most))
