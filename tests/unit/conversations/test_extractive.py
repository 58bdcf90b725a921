from hypothesis import given
from hypothesis import strategies as st

from domain.conversations.extractive import (
    NEAR_BEST,
    SENTENCES,
    THRESHOLD,
    Scored,
    Sentence,
    choose,
    least,
    most,
    overlaps,
    score,
    shortlist,
)

texts = st.text(alphabet="abc. ", max_size=40)
candidates = st.lists(
    st.builds(Sentence, texts, st.none() | texts, st.integers(0, 20)), max_size=12
)


@given(st.text(), candidates)
def test_an_overlap_is_a_share(question: str, sentences: list[Sentence]) -> None:
    for overlap in overlaps(question, sentences):
        assert -1e-9 <= overlap <= 1 + 1e-9


@given(candidates, st.floats(0, 1), st.none() | st.floats(-1, 1))
def test_a_score_is_between_0_and_1(
    sentences: list[Sentence], overlap: float, closeness: float | None
) -> None:
    for sentence in sentences:
        assert 0 <= score(sentence, overlap, closeness) <= 1 + 1e-9


@given(candidates, st.data())
def test_what_is_chosen_was_offered_once_and_is_good_enough(
    sentences: list[Sentence], data: st.DataObject
) -> None:
    scored = [Scored(i, data.draw(st.floats(0, 1))) for i in range(len(sentences))]
    chosen = choose(sentences, scored)
    assert len({one.index for one in chosen}) == len(chosen) <= SENTENCES
    best = max((one.score for one in scored), default=0)
    for one in chosen:
        assert one in scored
        assert one.score >= max(THRESHOLD, NEAR_BEST * best)
    assert bool(chosen) == (best >= THRESHOLD)


@given(candidates, st.data())
def test_what_is_not_looked_at_any_more_would_not_have_been_chosen(
    sentences: list[Sentence], data: st.DataObject
) -> None:
    shares = [data.draw(st.floats(0, 1)) for _ in sentences]
    closeness = [data.draw(st.none() | st.floats(-1, 1)) for _ in sentences]
    scored = [
        Scored(i, score(*each))
        for i, each in enumerate(zip(sentences, shares, closeness, strict=True))
    ]
    looked_at = scored[: data.draw(st.integers(0, len(scored)))]
    for one in choose(sentences, scored):
        assert most(sentences[one.index], shares[one.index]) >= least(looked_at) - 1e-9


def test_the_most_promising_sentences_come_first() -> None:
    sentences = [Sentence(f"The fee of case {i} is due at once.", None, i) for i in range(4)]
    assert shortlist(sentences, [0.1, 0.9, 0.0, 0.8], 5) == [1, 3, 0]


def test_the_same_thing_is_not_said_twice() -> None:
    sentences = [
        Sentence("Fees are due within thirty days.", None, 0),
        Sentence("Fees are due within thirty days!", None, 1),
        Sentence("Interest runs at four percent.", None, 2),
    ]
    scored = [Scored(0, 0.9), Scored(1, 0.89), Scored(2, 0.8)]
    assert [one.index for one in choose(sentences, scored)][:2] == [0, 2]


def test_a_heading_answers_nothing() -> None:
    sentences = [
        Sentence("9. Confidentiality", None, 0),
        Sentence("It lasts for five years.", None, 0),
    ]
    assert shortlist(sentences, [1.0, 0.2], 5) == [1]


def test_shared_words_without_shared_meaning_are_a_coincidence() -> None:
    sentence = Sentence("The bank of the river is steep.", None, 0)
    assert score(sentence, 1.0, 0.1) == 0
    assert score(sentence, 1.0, 0.6) > THRESHOLD
