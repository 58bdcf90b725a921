"""What a model wrote, held against what it was given."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.models.citing import Checked, check_citations
from domain.models.quoting import Verified

POLICY = "Invoices are kept for ten years. Applications are erased after six months."
AGREEMENT = "8.4 The Supplier may charge interest at 1.5% per month."
SOURCES = [POLICY, AGREEMENT]

pieces = st.lists(
    st.sampled_from(
        [
            "[1]", "[2]", "[3]", "[0]", "[1, 9]", "[ 2;1 ]", "[", "]", "1", " ", "\n", ". ", "? ",
            '"', "“", "”", "Invoices are kept for ten years", "The Supplier", "interest", "[2024]",
            "- ", "word ", ": ",
        ]
    ),
    max_size=30,
)  # fmt: skip
texts = pieces.map("".join) | st.text()


def cited(checked: Checked) -> list[tuple[int, str, Verified]]:
    return [(c.marker, c.span.of(SOURCES[c.marker - 1]), c.verified) for c in checked.citations]


def unsupported(checked: Checked) -> list[str]:
    return [span.of(checked.text) for span in checked.unsupported]


@pytest.mark.parametrize(
    ("written", "citation"),
    [
        ('It says "kept for ten years" [1].', (1, "kept for ten years", Verified.EXACT)),
        ("It says “kept for ten years.” [1]", (1, "kept for ten years.", Verified.EXACT)),
        ('It says "Kept for TEN years" [1].', (1, "kept for ten years", Verified.NORMALISED)),
        ("Invoices are kept for ten years [1].", (1, "Invoices are kept for ten years", Verified.EXACT)),
        ("Invoices are kept for ten years. [1]", (1, "Invoices are kept for ten years.", Verified.EXACT)),
        ('It says "kept for nine years" [1].', (1, POLICY, Verified.NO)),
        ("Paper is dear these days [2].", (2, AGREEMENT, Verified.NO)),
        ('It says "may charge interest" [1].', (1, POLICY, Verified.NO)),
    ],
)  # fmt: skip
def test_a_marker_is_held_against_its_own_source(
    written: str, citation: tuple[int, str, Verified]
) -> None:
    checked = check_citations(written, SOURCES)
    assert cited(checked) == [citation]
    assert (checked.text, checked.unknown, checked.unsupported) == (written, 0, ())


def test_each_part_of_a_sentence_has_its_own_marker() -> None:
    written = 'They say "ten years" [1] and "interest at 1.5%" [2].'
    assert cited(check_citations(written, SOURCES)) == [
        (1, "ten years", Verified.EXACT),
        (2, "interest at 1.5%", Verified.EXACT),
    ]


@pytest.mark.parametrize(
    ("written", "places"),
    [
        ('They say "ten years" [1] and "interest at 1.5%" [2].', [["[1]"], ["[2]"]]),
        ("Invoices are kept for ten years [1, 2].", [["[1, 2]"], ["[1, 2]"]]),
        ("Invoices are kept for ten years [1][2].", [["[1]"], ["[2]"]]),
        ('It says "ten years" [9]. It says "ten years" [1], "ten years" [1].', [["[1]", "[1]"]]),
        ('It says "ten years" [1]. It says "one year" [1].', [["[1]"], ["[1]"]]),
    ],
)
def test_a_citation_is_where_its_marker_stands(written: str, places: list[list[str]]) -> None:
    checked = check_citations(written, SOURCES)
    found = [citation.places for citation in checked.citations]
    assert [[place.of(checked.text) for place in one] for one in found] == places
    starts = [place.start for one in found for place in one]
    assert starts == sorted(starts)


@pytest.mark.parametrize("markers", ["[1][2]", "[1] [2]", "[1, 2]", "[1;2]"])
def test_several_markers_may_support_the_same(markers: str) -> None:
    checked = check_citations(f"Invoices are kept for ten years {markers}.", SOURCES)
    assert [(c.marker, c.verified) for c in checked.citations] == [
        (1, Verified.EXACT),
        (2, Verified.NO),
    ]


@pytest.mark.parametrize(
    ("written", "text", "unknown"),
    [
        ("Invoices are kept [7].", "Invoices are kept.", 1),
        ("Invoices are kept [1][7].", "Invoices are kept [1].", 1),
        ("Invoices are kept [1, 7, 0].", "Invoices are kept [1].", 2),
        ("Invoices are kept [[7]1].", "Invoices are kept [1].", 1),
        ("[2024] UKSC 12 was about invoices [1].", "[2024] UKSC 12 was about invoices [1].", 0),
    ],
)
def test_a_marker_that_names_no_source_is_dropped_and_counted(
    written: str, text: str, unknown: int
) -> None:
    checked = check_citations(written, SOURCES)
    assert (checked.text, checked.unknown) == (text, unknown)


def test_a_statement_without_a_marker_is_flagged() -> None:
    written = (
        "Invoices are kept for ten years [1]. They are kept in a green cellar. "
        'The Supplier may "charge interest" [2].\n\nThat is all one needs to know.'
    )
    assert unsupported(check_citations(written, SOURCES)) == [
        "They are kept in a green cellar.",
        "That is all one needs to know.",
    ]


def test_a_statement_whose_only_marker_was_invented_is_flagged() -> None:
    assert unsupported(check_citations("The cellar is painted green [9].", SOURCES)) == [
        "The cellar is painted green."
    ]


@pytest.mark.parametrize(
    "written",
    [
        "Certainly!",
        "# What the documents say about it",
        "The documents say the following:",
        "Do you want to know more?",
        "Under Art. 5 invoices are kept for ten years [1].",
        "",
    ],
)
def test_what_states_nothing_needs_no_marker(written: str) -> None:
    assert check_citations(written, SOURCES).unsupported == ()


def test_a_list_is_checked_point_by_point() -> None:
    written = "It says:\n- Invoices are kept for ten years [1]\n- The cellar is painted green"
    checked = check_citations(written, SOURCES)
    assert unsupported(checked) == ["- The cellar is painted green"]
    assert [c.marker for c in checked.citations] == [1]


def test_a_quote_that_is_repeated_is_cited_once() -> None:
    written = 'First "ten years" [1]. And again "ten years" [1].'
    assert cited(check_citations(written, SOURCES)) == [(1, "ten years", Verified.EXACT)]


@pytest.mark.parametrize(
    "hostile",
    ["." * 50_000, " " * 50_000, ". " * 25_000, "[" * 50_000, "]" * 50_000, "[1" * 25_000,
     "„" * 50_000, "[" * 25_000 + "9]" * 25_000, "[1," * 20_000, "a [1]. " * 5_000, "\n" * 50_000],
)  # fmt: skip
def test_no_text_takes_long_to_check(hostile: str) -> None:
    check_citations(hostile, SOURCES)  # in quadratic time this would be minutes


@given(texts)
def test_no_marker_is_left_that_names_no_source(written: str) -> None:
    checked = check_citations(written, SOURCES)
    for numbers in re.findall(r"\[\s*(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*\]", checked.text):
        assert {int(number) for number in re.findall(r"\d+", numbers)} <= {1, 2}


@given(texts)
def test_checking_what_was_checked_changes_nothing(written: str) -> None:
    once = check_citations(written, SOURCES)
    again = check_citations(once.text, SOURCES)
    assert again.text == once.text
    assert again.unknown == 0
    assert (again.citations, again.unsupported) == (once.citations, once.unsupported)


@given(texts)
def test_a_text_whose_markers_are_good_is_left_as_it_is(written: str) -> None:
    checked = check_citations(written, SOURCES)
    if checked.unknown == 0:
        assert checked.text == written


@given(texts)
def test_every_span_is_inside_what_it_is_of(written: str) -> None:
    checked = check_citations(written, SOURCES)
    for citation in checked.citations:
        assert citation.span.end <= len(SOURCES[citation.marker - 1])
        assert citation.places
        for place in citation.places:
            assert str(citation.marker) in re.findall(r"\d+", place.of(checked.text))
    for span in checked.unsupported:
        assert span.of(checked.text).strip() == span.of(checked.text)
        assert not re.search(r"\[[12]\]", span.of(checked.text))


@given(texts)
def test_without_sources_nothing_is_supported(written: str) -> None:
    checked = check_citations(written, [])
    assert checked.citations == ()
