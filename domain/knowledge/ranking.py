"""Choosing the best passages from ranked lists. Pure: lists in, one list out."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import log

from domain.shared.ids import ChunkId, DocumentId

CANDIDATES = 100  # of each list
PER_DOCUMENT = 3  # unless one document is asked
TERMS = 24  # of a query, those of highest idf
K1, B = 1.2, 0.75
_RANK_CONSTANT = 60


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
    weights: tuple[float, float] = (1.0, 1.0),
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
            _share(weights[0], words.get(candidate)) + _share(weights[1], meanings.get(candidate)),
        )
        for candidate in words | meanings
    ]
    return sorted(fused, key=lambda ranked: (-ranked.score, ranked.candidate.chunk_id))


def spread(ranked: Sequence[Ranked], limit: int, per_document: int | None) -> list[Ranked]:
    """The first `limit`, without what a document has beyond `per_document`; None: no such bound."""
    return list(
        islice(_thinned(ranked, lambda one: one.candidate.document_id, per_document), limit)
    )


def thin(candidates: Sequence[Candidate], per_document: int) -> list[Candidate]:
    """Each document's first `per_document`, in the same order."""
    return list(_thinned(candidates, lambda one: one.document_id, per_document))


def _thinned[T](
    items: Iterable[T], document: Callable[[T], DocumentId], most: int | None
) -> Iterator[T]:
    taken: Counter[DocumentId] = Counter()
    for item in items:
        taken[document(item)] += 1
        if most is None or taken[document(item)] <= most:
            yield item


def _share(weight: float, rank: int | None) -> float:
    return weight / (_RANK_CONSTANT + rank) if rank else 0.0
