"""Running heads and feet of a PDF are no part of its text, and what they alone say is not lost."""

from pathlib import Path

from tests.contract.knowledge.extraction.conftest import pages
from tests.documents import PDF, typeset

PROSE = "The supplier shall deliver the goods without delay to the customer, who accepts them. "
NUMBER = "#context counter(page).display()"


def book(*pages: str, head: str = "", foot: str = "") -> bytes:
    setting = f"#set page(header: [{head}], footer: [{foot}])\n"
    return typeset(setting + "\n#pagebreak()\n".join(pages))


async def texts(folder: Path, document: bytes) -> list[str]:
    return [page.text.replace("\n", " ") for page in await pages(folder, document, PDF)]


async def test_what_says_only_the_page_is_left_out(tmp_path: Path) -> None:
    foot = f"Page {NUMBER} of 3"
    pages = [f"{word} was late." for word in ("Ada", "Bob", "Eve")]
    assert await texts(tmp_path, book(*pages, foot=foot)) == pages


async def test_heads_of_left_and_right_pages_and_of_chapters_are_left_out(tmp_path: Path) -> None:
    head = (
        "#context { let page = counter(page).get().first()\n"
        "if calc.odd(page) [Ada goods #page] else [#page Chapter #calc.quo(page, 4)] }"
    )
    pages = [
        f"Ada chapter of goods, {word}." for word in ["one", "two", "three", "four", "five", "six"]
    ]
    assert await texts(tmp_path, book(*pages, head=head)) == pages


async def test_what_only_a_head_or_a_foot_says_is_kept_once(tmp_path: Path) -> None:
    pages = ["First.", "Second.", "Third."]
    document = book(*pages, head="Contract AB-2025-17", foot=f"Confidential, page {NUMBER}")
    assert await texts(tmp_path, document) == [
        "First.",
        "Second.",
        "Third.  Contract AB-2025-17  Confidential, page 3",
    ]


async def test_a_sentence_at_the_foot_of_every_page_is_kept_once(tmp_path: Path) -> None:
    pages = ["Payment late.", "Interest is due.", "Thirty days within which to pay."]
    read = await texts(tmp_path, book(*pages, foot="Payment is due within thirty days."))
    assert read == [*pages[:2], pages[2] + "  Payment is due within thirty days."]


async def test_titles_that_count_are_not_running_heads(tmp_path: Path) -> None:
    pages = [f"*Article {number}*\n\n{PROSE * 3}" for number in (1, 2, 3, 4)]
    read = await texts(tmp_path, book(*pages))
    assert [text[:9] for text in read] == ["Article 1", "Article 2", "Article 3", "Article 4"]


async def test_of_two_pages_nothing_runs(tmp_path: Path) -> None:
    read = await texts(tmp_path, book("First.", "Second.", head="Acme"))
    assert read == ["Acme  First.", "Acme  Second."]


async def test_a_word_cut_at_the_end_of_a_page_is_whole(tmp_path: Path) -> None:
    setting = (
        "#set page(width: 120pt, height: 108pt, margin: 24pt, footer-descent: 6pt)\n"
        "#set par(justify: true)\n#set text(hyphenate: true)\n"
    )
    words = "Extraordinary responsibilities characterise administrative organisations."
    read = await texts(tmp_path, typeset(setting + words * 9))
    assert len(read) > 3
    assert " ".join(read).replace(".E", ". E").split() == (words + " ").split() * 9
