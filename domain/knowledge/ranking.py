"""Choosing the best passages from ranked lists. Pure: lists in, one list out."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import log

from domain.shared.ids import ChunkId, DocumentId
from domain.shared.terms import terms

CANDIDATES = 100  # of each list
PER_DOCUMENT = 3  # unless one document is asked
TERMS = 24  # of a query, those of highest idf
K1, B = 1.2, 0.75
RANK_CONSTANT = 60
WEIGHTS = (1.0, 1.0)  # of the lexical and the semantic list


@dataclass(frozen=True, slots=True)
class Candidate:
    chunk_id: ChunkId
    document_id: DocumentId


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate and its rank in each list, from 1; None where the list does not have it."""

    candidate: Candidate
    lexical: int | None
    semantic: int | None
    score: float


def idf(chunks: int, having: int) -> float:
    """What a term that `having` of `chunks` have says about them: never negative."""
    return log(1 + (chunks - having + 0.5) / (having + 0.5))


def bm25(tf: int, length: int, mean_length: float) -> float:
    """How much a passage of `length` terms is about one that it has `tf` times: below K1 + 1."""
    return tf * (K1 + 1) / (tf + K1 * (1 - B + B * length / mean_length))


def fuse(
    lexical: Sequence[Candidate],
    semantic: Sequence[Candidate],
    weights: tuple[float, float] = WEIGHTS,
) -> list[Ranked]:
    """Weighted reciprocal rank fusion: by rank, because the lists' scores have no common measure.
    Ties by id."""
    words = {candidate: rank for rank, candidate in enumerate(lexical, 1)}
    meanings = {candidate: rank for rank, candidate in enumerate(semantic, 1)}
    fused = [
        Ranked(
            candidate,
            words.get(candidate),
            meanings.get(candidate),
            share(weights[0], words.get(candidate)) + share(weights[1], meanings.get(candidate)),
        )
        for candidate in words | meanings
    ]
    return sorted(fused, key=lambda ranked: (-ranked.score, ranked.candidate.chunk_id))


def share(weight: float, rank: int | None) -> float:
    """What a list adds to the score of what it has at `rank`."""
    return weight / (RANK_CONSTANT + rank) if rank else 0.0


def spread(ranked: Sequence[Ranked], limit: int, per_document: int | None) -> list[Ranked]:
    """The first `limit`, without what a document has beyond `per_document`; None: no such bound."""
    return list(islice(thinned(ranked, lambda one: one.candidate.document_id, per_document), limit))


def thinned[T](
    items: Iterable[T], document: Callable[[T], object], most: int | None
) -> Iterator[T]:
    """Each document's first `most`, in the same order."""
    taken: Counter[object] = Counter()
    for item in items:
        taken[document(item)] += 1
        if most is None or taken[document(item)] <= most:
            yield item


def best_sentence(query: str, sentences: Sequence[str]) -> int:
    """The place of the sentence with most of the query's words, each weighing what it tells: one
    that few of the sentences have tells more. The first one, when all are alike."""
    asked = set(terms(query))
    shared = [asked & set(terms(sentence)) for sentence in sentences]
    having = Counter(term for one in shared for term in one)
    weights = [sum(idf(len(sentences), having[term]) for term in one) for one in shared]
    return max(range(len(sentences)), key=weights.__getitem__)
