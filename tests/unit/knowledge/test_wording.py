import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.knowledge.wording import Wording, wording


@pytest.mark.parametrize(
    ("query", "text", "phrases", "excluded"),
    [
        ('a "late fee" -pets', "a late fee", ("late fee",), ("pets",)),
        ('-"late fee" rent', "rent", (), ("late fee",)),
        ("“material breach” of contract", "material breach of contract", ("material breach",), ()),
        ("long-term lease", "long-term lease", (), ()),
        ("below -40 degrees", "below -40 degrees", (), ()),
        ('a "quote without end', 'a "quote without end', (), ()),
        ('"?!" x', "?! x", (), ()),
        ("-pets", "", (), ("pets",)),
        ("don't -o'clock", "don't", (), ("o'clock",)),
    ],
)
def test_quotes_and_hyphens_insist(
    query: str, text: str, phrases: tuple[str, ...], excluded: tuple[str, ...]
) -> None:
    assert wording(query) == Wording(text, phrases, excluded)


@pytest.mark.parametrize("passage", ["Late fees.", "A LATE-FEE is owed", "late\nfee", "(late) fee"])
def test_a_phrase_is_its_words_in_a_row(passage: str) -> None:
    assert wording('"late fee"').admits(passage) == (passage != "Late fees.")
    assert wording('x -"late fee"').admits(passage) == (passage == "Late fees.")


def test_a_part_of_a_word_is_not_the_word() -> None:
    assert wording("x -pet").admits("petition")
    assert not wording("x -pet").admits("No pet, please.")


@given(st.text(), st.text())
def test_every_text_is_a_query(query: str, passage: str) -> None:
    wanted = wording(query)
    assert wanted.insists or wanted.admits(passage)


@given(st.text(min_size=1).filter(lambda text: any(c.isalnum() for c in text)))
def test_a_passage_has_what_is_quoted_from_it(text: str) -> None:
    quoted = text.replace('"', "").replace("“", "").replace("”", "")
    assert wording(f'"{quoted}"').admits(quoted)
