"""What every Splitter promises."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.extraction.splitter import SemanticSplitter
from adapters.memory.knowledge.splitter import PlainSplitter
from application.knowledge.ports import Splitter

every_splitter = pytest.mark.parametrize("splitter", [SemanticSplitter(), PlainSplitter()])

FAMILY = "👩‍👩‍👧‍👦"
PIECES = [FAMILY, "🇨🇭", "e\u0301", "שלום", "مرحبا", "\r\n", "\n\n", "\t", "\u2029", "\u00a0", "。"]
texts = st.text() | st.lists(
    st.sampled_from([*PIECES, "A sentence. ", "word ", "x" * 40, "\r\n\r\n"]), max_size=60
).map("".join)


@every_splitter
@given(text=texts, limit=st.integers(1, 200))
def test_pieces_hold_all_but_white_space(splitter: Splitter, text: str, limit: int) -> None:
    end = 0
    for span in splitter.split(text, limit):
        assert len(span) <= limit
        assert span.of(text).strip()
        assert not text[end : span.start].strip()  # nor do they overlap, or Span would not be one
        assert end <= span.start
        end = span.end
    assert not text[end:].strip()


@every_splitter
def test_an_offset_is_a_code_point(splitter: Splitter) -> None:
    text = f"{FAMILY} first.\r\n\r\n{FAMILY} second."
    pieces = [span.of(text) for span in splitter.split(text, 20)]
    assert pieces == [f"{FAMILY} first.", f"{FAMILY} second."]


@every_splitter
def test_what_fits_is_one_piece(splitter: Splitter) -> None:
    text = "One.\n\nTwo. Three."
    assert [span.of(text) for span in splitter.split(text, 100)] == [text]


@every_splitter
@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One two.\nThree.\n\nFour five.\nSix.", ["One two.\nThree.", "Four five.\nSix."]),
        ("One two three.\nFour five six.", ["One two three.", "Four five six."]),
        ("One two three. Four five six.", ["One two three.", "Four five six."]),
        ("onetwo threefour fivesix seven", ["onetwo threefour", "fivesix seven"]),
    ],
)
def test_it_cuts_where_the_structure_is_strongest(
    splitter: Splitter, text: str, pieces: list[str]
) -> None:
    assert [span.of(text) for span in splitter.split(text, 16)] == pieces


@every_splitter
def test_a_word_without_end_is_cut_at_the_limit(splitter: Splitter) -> None:
    assert [len(span) for span in splitter.split("x" * 250, 100)] == [100, 100, 50]


@every_splitter
@pytest.mark.parametrize("text", ["", " ", "\r\n\t "])
def test_nothing_gives_no_piece(splitter: Splitter, text: str) -> None:
    assert splitter.split(text, 10) == []


@every_splitter
@pytest.mark.parametrize("unit", ["x", f"{FAMILY} word ", "A sentence. ", "A line\r\n", "\n\n  "])
def test_a_long_text_is_split_like_a_short_one(splitter: Splitter, unit: str) -> None:
    text = unit * (300_000 // len(unit))
    started = time.process_time()
    spans = splitter.split(text, 1_000)
    assert time.process_time() - started < 5
    assert "".join("".join(span.of(text).split()) for span in spans) == "".join(text.split())
