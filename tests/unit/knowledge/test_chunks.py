from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.knowledge.splitter import PlainSplitter
from domain.knowledge.chunk import LIMIT, Chunk, chunks, heading_path, sections, sentences
from domain.knowledge.text import CanonicalText, RawHeading, RawPage, canonical
from domain.shared.ids import DocumentId, UserId, VersionId
from domain.shared.span import Span

pages = st.lists(st.text().map(RawPage), max_size=5)


def cut(text: CanonicalText) -> list[Chunk]:
    pieces = [
        piece.shifted(section.start)
        for section in sections(text)
        for piece in PlainSplitter().split(section.of(text.content), LIMIT)
    ]
    ids = (UserId(UUID(int=1)), DocumentId(UUID(int=2)), VersionId(UUID(int=3)))
    return chunks(*ids, text, pieces)


def said(text: str) -> list[str]:
    return [span.of(text) for span in sentences(text, Span(0, len(text)))]


@given(pages)
def test_a_chunk_is_its_span_of_the_text_and_so_is_each_sentence(raw: list[RawPage]) -> None:
    text = canonical(raw)
    for chunk in cut(text):
        assert chunk.span.of(text.content) == chunk.content
        for sentence in chunk.sentences:
            assert chunk.span.contains(sentence.span)
            assert sentence.span.of(text.content).strip() == sentence.span.of(text.content)


@given(pages)
def test_every_visible_character_is_in_a_chunk(raw: list[RawPage]) -> None:
    text = canonical(raw)
    held = {i for c in cut(text) for i in range(c.span.start, c.span.end)}
    seen = {i for i, character in enumerate(text.content) if not character.isspace()}
    assert seen <= held


@given(pages)
def test_cutting_again_gives_the_same_chunks(raw: list[RawPage]) -> None:
    text = canonical(raw)
    assert cut(text) == cut(text)


@given(pages)
def test_normalising_again_changes_nothing(raw: list[RawPage]) -> None:
    once = canonical(raw).content
    assert canonical([RawPage(once)]).content == once


def test_a_sentence_ends_where_a_reader_says_it_does() -> None:
    text = (
        "1. Definitions\n"
        'In this Agreement, "Fees" means the\ncharges set out in Schedule 1. '
        "Dr. Smith paid $3.50 in 2024. The sum of No. 5 is due.\n\n- item one\n- item two"
    )
    assert said(text) == [
        "1. Definitions",
        'In this Agreement, "Fees" means the\ncharges set out in Schedule 1.',
        "Dr. Smith paid $3.50 in 2024.",
        "The sum of No. 5 is due.",
        "- item one",
        "- item two",
    ]


@pytest.mark.parametrize("text", ["", " \n\t ", "..."])
def test_nothing_said_is_no_sentence(text: str) -> None:
    assert len(said(text + " ")) == (1 if text == "..." else 0)


def test_a_chunk_never_reaches_across_a_high_heading() -> None:
    page = RawPage("# One\nFirst.\n## Two\nSecond.\n### Three\nThird.", _headings())
    contents = [chunk.content for chunk in cut(canonical([page]))]
    assert contents == ["# One\nFirst.", "## Two\nSecond.\n### Three\nThird."]


def test_a_chunk_knows_the_headings_it_stands_under() -> None:
    page = RawPage("# One\nFirst.\n## Two\nSecond.\n### Three\nThird.", _headings())
    text = canonical([page])
    assert heading_path(text.headings, text.content, len(text.content) - 1) == "One > Two > Three"
    assert [chunk.heading for chunk in cut(text)] == ["One", "One > Two"]


def test_a_sentence_is_on_the_page_it_begins_on() -> None:
    text = canonical([RawPage("On one."), RawPage("  "), RawPage("On three.")])
    (chunk,) = cut(text)
    assert [sentence.page for sentence in chunk.sentences] == [1, 3]
    assert chunk.page == 1


def test_a_long_text_is_cut_with_one_sentence_of_overlap() -> None:
    text = canonical([RawPage(" ".join(f"Sentence number {i} is here." for i in range(200)))])
    found = cut(text)
    assert len(found) > 3
    for before, after in pairwise(found):
        assert after.sentences[0] == before.sentences[-1]


def _headings() -> tuple[RawHeading, ...]:
    return (RawHeading(0, 1), RawHeading(2, 2), RawHeading(4, 3))
