import pytest

from domain.knowledge.chunk import sentences
from domain.knowledge.text import RawHeading, RawPage, canonical
from domain.shared.span import Span

OPEN = "Each valid invoice shall be paid by the"


def said(*raw: RawPage) -> list[str]:
    text = canonical(raw)
    spans = sentences(text.content, Span(0, len(text.content)))
    assert all(text.content[page.start : page.end] for page in text.pages)
    return [span.of(text.content) for span in spans]


def test_a_sentence_that_goes_on_overleaf_is_one() -> None:
    pages = RawPage(OPEN), RawPage("customer within thirty days.")
    assert said(*pages) == [f"{OPEN}\ncustomer within thirty days."]
    first, second = canonical(pages).pages
    assert (first.end + 1, canonical(pages).page_at(first.end + 1)) == (second.start, 2)


def test_a_sentence_goes_on_after_a_comma_whatever_the_case() -> None:
    assert said(RawPage(f"{OPEN} first of May,"), RawPage("June or July.")) == [
        f"{OPEN} first of May,\nJune or July."
    ]


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (OPEN + ".", "customer"),
        (OPEN, "Customer"),
        (OPEN, "a) customer"),
        (OPEN, "\ncustomer"),
        ("A title", "customer"),
    ],
)
def test_a_page_ends_a_sentence_where_nothing_shows_that_it_goes_on(above: str, below: str) -> None:
    assert said(RawPage(above), RawPage(below)) == [above, below.strip()]


def test_no_sentence_goes_on_in_a_heading() -> None:
    assert len(said(RawPage(OPEN), RawPage("customer", (RawHeading(0, 1),)))) == 2
    assert len(said(RawPage(OPEN, (RawHeading(0, 1),)), RawPage("customer"))) == 2
