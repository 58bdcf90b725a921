"""A quote is found where it stands, whatever was done to its looks, and nowhere else."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.models.quoting import Verified, find_quote, folded

CLAUSE = (
    "8.4 If a sum isn’t paid by its due date,\nthe Supplier may charge  interest — at 1.5% a month."
)

words = st.lists(
    st.text(st.sampled_from("abcßéÉﬁIiİàЖ1’“”–-'\"\u00ad.,e\u0301"), min_size=1, max_size=6),
    min_size=1,
    max_size=12,
)
spaces = st.sampled_from([" ", "  ", "\n", " \t ", "\u00a0", "\u2003"])


@pytest.mark.parametrize(
    ("quote", "verified", "found"),
    [
        ("the Supplier may charge", Verified.EXACT, "the Supplier may charge"),
        ("The supplier MAY charge", Verified.NORMALISED, "the Supplier may charge"),
        ("may charge interest - at", Verified.NORMALISED, "may charge  interest — at"),
        ("a sum isn't paid", Verified.NORMALISED, "a sum isn’t paid"),
        ("due date, the Supplier", Verified.NORMALISED, "due date,\nthe Supplier"),
        ("interest.", Verified.NORMALISED, "interest"),
        ("1.5% a month", Verified.EXACT, "1.5% a month"),
        ("the Supplier must charge", Verified.NO, None),
        ("harge", Verified.NO, None),
        ("Suppli", Verified.NO, None),
        ("HARGE INTEREST", Verified.NO, None),
        ("", Verified.NO, None),
        (" . ", Verified.NO, None),
    ],
)
def test_a_quote_is_found_as_whole_words_however_it_looks(
    quote: str, verified: Verified, found: str | None
) -> None:
    result = find_quote(quote, CLAUSE)
    assert result.verified is verified
    assert (result.span.of(CLAUSE) if result.span else None) == found


@pytest.mark.parametrize(
    ("quote", "text", "found"),
    [
        ("strasse", "Die Straße", "Straße"),
        ("cafe\u0301", "Im café.", "café"),
        ("café", "Im cafe\u0301.", "cafe\u0301"),
        ("final", "The ﬁnal one", "ﬁnal"),
        ("coordinate", "co\u00adordinate", "co\u00adordinate"),
    ],
)
def test_offsets_are_those_of_the_text_and_not_of_what_it_was_folded_to(
    quote: str, text: str, found: str
) -> None:
    result = find_quote(quote, text)
    assert result.verified is Verified.NORMALISED
    assert result.span is not None
    assert result.span.of(text) == found


def test_a_letter_without_its_accent_is_another() -> None:
    assert find_quote("cafe", "Im cafe\u0301.").verified is Verified.NO
    assert find_quote("cafe", "Im café.").verified is Verified.NO
    assert find_quote("0", "À0").verified is Verified.NO


def test_a_word_inside_another_does_not_hide_the_word() -> None:
    result = find_quote("art", "The party of art")
    assert result.span is not None
    assert result.span.start == 13


@given(words, spaces, st.data())
def test_what_was_copied_is_exact(parts: list[str], space: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(parts) - 1))
    end = data.draw(st.integers(start + 1, len(parts)))
    quote, text = space.join(parts[start:end]), f"({space.join(parts)})"
    assume(any(character.isalnum() for character in quote))
    assume(not quote.startswith("\u0301"))
    result = find_quote(quote, text)
    assert result.verified is Verified.EXACT
    assert result.span is not None
    assert result.span.of(text) == quote


@given(words, spaces, spaces)
def test_what_was_copied_with_other_spaces_and_cases_is_found(
    parts: list[str], theirs: str, ours: str
) -> None:
    text = f"( {theirs.join(parts)} )"
    quote = ours.join(part.swapcase() for part in parts)
    wanted = folded(quote)[0].strip(" .,;:…")
    assume(any(character.isalnum() for character in wanted))
    assume(wanted in folded(text)[0])  # İ has no way back
    assume(not wanted.startswith("\u0301"))  # an accent of nothing
    assert find_quote(quote, text).verified is not Verified.NO


@given(st.text(), st.text())
def test_what_is_found_says_the_same(quote: str, text: str) -> None:
    result = find_quote(quote, text)
    if result.span is None:
        assert result.verified is Verified.NO
        return
    found = result.span.of(text)
    ends = " .,;:…"
    assert folded(found)[0].strip(ends) == folded(quote)[0].strip(ends)
    assert (result.verified is Verified.EXACT) == (found == quote)


@given(st.text())
def test_folding_keeps_count_of_where_each_letter_is_from(text: str) -> None:
    letters, origins = folded(text)
    assert len(letters) == len(origins)
    assert list(origins) == sorted(origins)
    assert all(0 <= index < len(text) for index in origins)
