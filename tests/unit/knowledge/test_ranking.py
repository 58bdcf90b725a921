from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.knowledge.ranking import Candidate, best_sentence, bm25, fuse, idf, spread, thinned
from domain.shared.ids import ChunkId, DocumentId

candidates = st.integers(0, 40).map(
    lambda n: Candidate(ChunkId(UUID(int=n)), DocumentId(UUID(int=n % 7)))
)
legs = st.lists(candidates, unique=True)


def candidate(chunk: int, document: int = 0) -> Candidate:
    return Candidate(ChunkId(UUID(int=chunk)), DocumentId(UUID(int=document)))


@given(legs, legs)
def test_every_candidate_is_ranked_once_and_knows_its_places(
    lexical: list[Candidate], semantic: list[Candidate]
) -> None:
    fused = fuse(lexical, semantic)
    assert Counter(one.candidate for one in fused) == Counter(set(lexical) | set(semantic))
    for one in fused:
        assert one.lexical is None or lexical[one.lexical - 1] == one.candidate
        assert one.semantic is None or semantic[one.semantic - 1] == one.candidate
        assert (one.lexical is None) == (one.candidate not in lexical)
        assert (one.semantic is None) == (one.candidate not in semantic)


@given(legs, legs)
def test_the_best_come_first_and_ties_go_by_id(
    lexical: list[Candidate], semantic: list[Candidate]
) -> None:
    fused = fuse(lexical, semantic)
    assert fused == sorted(fused, key=lambda one: (-one.score, one.candidate.chunk_id))


@given(legs, legs)
def test_equally_weighted_lists_may_change_places(
    lexical: list[Candidate], semantic: list[Candidate]
) -> None:
    there = [(one.candidate, one.score) for one in fuse(lexical, semantic)]
    back = [(one.candidate, one.score) for one in fuse(semantic, lexical)]
    assert there == back


@given(legs)
def test_one_list_alone_keeps_its_order(leg: list[Candidate]) -> None:
    assert [one.candidate for one in fuse(leg, [])] == leg
    assert [one.candidate for one in fuse([], leg)] == leg


def test_both_lists_outdo_one() -> None:
    first, both = candidate(1), candidate(2)
    best = fuse([first, both], [candidate(3), both])[0]
    assert best.candidate == both
    assert best.score == pytest.approx(1 / 62 + 1 / 62)


def test_a_weight_decides() -> None:
    assert fuse([candidate(1)], [candidate(2)], (1.0, 2.0))[0].candidate == candidate(2)


@given(legs, st.integers(0, 50), st.one_of(st.none(), st.integers(1, 4)))
def test_no_document_takes_more_than_its_share(
    leg: list[Candidate], limit: int, most: int | None
) -> None:
    fused = fuse(leg, [])
    kept = spread(fused, limit, most)
    of_each = Counter(one.candidate.document_id for one in fused)
    possible = sum(min(count, most or count) for count in of_each.values())
    assert len(kept) == min(limit, possible)
    assert kept == [one for one in fused if one in kept]  # the order is kept
    if most is not None:
        assert all(n <= most for n in Counter(o.candidate.document_id for o in kept).values())


@given(legs, st.integers(1, 4))
def test_thinning_keeps_each_documents_first(leg: list[Candidate], most: int) -> None:
    kept = list(thinned(leg, lambda one: one.document_id, most))
    for document in {one.document_id for one in leg}:
        of_it = [one for one in leg if one.document_id == document]
        assert [one for one in kept if one.document_id == document] == of_it[:most]


@given(st.integers(1, 10_000), st.data())
def test_a_rarer_term_says_more(chunks: int, data: st.DataObject) -> None:
    having = data.draw(st.integers(1, chunks))
    assert 0 < idf(chunks, having) <= idf(chunks, having - 1)


@given(st.integers(1, 200), st.integers(1, 500), st.floats(1, 500))
def test_more_often_says_more_and_longer_says_less(tf: int, length: int, mean: float) -> None:
    assert 0 < bm25(tf, length, mean) < bm25(tf + 1, length, mean) < 2.2
    assert bm25(tf, length + 1, mean) < bm25(tf, length, mean)


def test_the_best_sentence_has_most_of_the_words_that_tell() -> None:
    sentences = [
        "The tenant pays rent.",
        "The tenant owes a late fee when rent is paid after the fifth day.",
        "The tenant may keep a dog.",
    ]
    assert best_sentence("what is the late fee on rent?", sentences) == 1
    assert best_sentence("may a tenant have dogs?", sentences) == 2
    assert best_sentence("something else", sentences) == 0
