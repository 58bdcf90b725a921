"""What of a PDF is read, and which are not."""

from datetime import timedelta
from pathlib import Path

from adapters.extraction.extractor import ChildExtractor
from domain.knowledge.document import Failure
from tests.contract.knowledge.extraction.conftest import failure, headings, pages
from tests.documents import (
    HELLO,
    PDF,
    encrypted_pdf,
    endless_pdf,
    one_page,
    pdf,
    pdf_bomb,
    scanned_pdf,
    stream,
    typeset,
)


async def test_a_pdf_gives_its_pages(tmp_path: Path) -> None:
    found = await pages(tmp_path, typeset("First page.\n#pagebreak()\nSecond page."), PDF)
    assert [page.text for page in found] == ["First page.", "Second page."]


async def test_a_pdf_gives_headings_by_their_size(tmp_path: Path) -> None:
    prose = "The supplier shall deliver the goods. " * 12
    markup = f"= Fees\n{prose}\n== Late payment\n{prose}\n= Term\n{prose}\n"
    (page,) = await pages(tmp_path, typeset(markup), PDF)
    assert headings(page) == [(1, "Fees"), (2, "Late payment"), (1, "Term")]


async def test_a_heading_on_two_lines_is_one_heading(tmp_path: Path) -> None:
    prose = "The supplier shall deliver the goods. " * 30
    title = "An agreement about the delivery of a great many goods to a great many people in time"
    (page,) = await pages(tmp_path, typeset(f"= {title}\n{prose}"), PDF)
    assert headings(page) == [(1, title)]


async def test_what_stands_on_every_page_is_no_heading(tmp_path: Path) -> None:
    prose = "The supplier shall deliver the goods. " * 12
    markup = "#set page(header: text(18pt)[Acme Limited])\n" + f"= Goods\n{prose}#pagebreak()\n" * 6
    found = await pages(tmp_path, typeset(markup + "End."), PDF)
    titles = {title for page in found for _, title in headings(page)}
    assert "Acme Limited" not in titles


async def test_a_bold_line_alone_is_a_heading_and_a_bold_row_is_not(tmp_path: Path) -> None:
    prose = "The supplier shall deliver the goods. " * 12
    table = "#table(columns: 3, [*Role*], [*Rate*], [*Term*], [Clerk], [10], [2])"
    markup = f"{prose}\n\n*Payment terms*\n\n{prose}\n\n{table}\n\n{prose}"
    (page,) = await pages(tmp_path, typeset(markup), PDF)
    assert headings(page) == [(3, "Payment terms")]


async def test_paragraphs_of_a_pdf_are_apart_and_their_lines_are_not(tmp_path: Path) -> None:
    prose = "The supplier shall deliver the goods without any delay. " * 6
    (page,) = await pages(tmp_path, typeset(f"{prose}\n\n{prose}"), PDF)
    assert [p.replace("\n", " ") for p in page.text.split("\n\n")] == [prose.strip()] * 2


async def test_a_word_cut_at_the_end_of_a_line_is_whole(tmp_path: Path) -> None:
    markup = (
        "#set par(justify: true)\n#set page(width: 140pt)\n#set text(hyphenate: true)\n"
        "Extraordinary responsibilities characterise administrative organisations, "
        "notwithstanding well-known self-governing arrangements of non-European communities."
    )
    found = await pages(tmp_path, typeset(markup), PDF)
    words = " ".join(page.text for page in found).split()
    assert words == markup.split("\n")[-1].split()


async def test_letters_beyond_the_basic_plane_are_kept(tmp_path: Path) -> None:
    (page,) = await pages(tmp_path, typeset("Let $x$ be 😀 and so on.\n\n*After it*"), PDF)
    assert page.text.startswith("Let 𝑥 be 😀 and so on.")


async def test_a_pdf_with_a_password_is_encrypted(tmp_path: Path) -> None:
    assert await failure(tmp_path, encrypted_pdf(b"secret", b"owner"), PDF) is Failure.ENCRYPTED


async def test_a_pdf_that_anybody_may_open_is_read(tmp_path: Path) -> None:
    (page,) = await pages(tmp_path, encrypted_pdf(b"", b"owner"), PDF)
    assert page.text == "Good morning"


async def test_a_scanned_pdf_has_no_text(tmp_path: Path) -> None:
    assert await failure(tmp_path, scanned_pdf(), PDF) is Failure.NO_TEXT


async def test_a_broken_pdf_is_corrupt(tmp_path: Path) -> None:
    whole = typeset("Some text. " * 200)
    assert await failure(tmp_path, whole[: len(whole) // 2], PDF) is Failure.CORRUPT
    assert await failure(tmp_path, b"\x89PNG\r\n\x1a\n" + bytes(500), PDF) is Failure.CORRUPT
    assert await failure(tmp_path, b"", PDF) is Failure.CORRUPT


async def test_a_pdf_of_too_many_pages_is_too_large(tmp_path: Path) -> None:
    tree = b"<< /Type /Pages /Kids [%b] /Count 5001 >>" % (b"3 0 R " * 5001)
    assert await failure(tmp_path, one_page(stream(HELLO), pages=tree), PDF) is Failure.TOO_LARGE


async def test_a_page_count_that_lies_does_no_harm(tmp_path: Path) -> None:
    tree = b"<< /Type /Pages /Kids [3 0 R] /Count 2000000000 >>"
    (page,) = await pages(tmp_path, one_page(stream(HELLO), pages=tree), PDF)
    assert page.text == "Good morning"


async def test_a_page_tree_without_end_is_corrupt(tmp_path: Path) -> None:
    deep = [b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (n + 1) for n in range(2, 20_000)]
    assert await failure(tmp_path, pdf(b"<< /Pages 2 0 R >>", *deep), PDF) is Failure.CORRUPT


async def test_a_pdf_that_unpacks_to_more_than_the_memory_is_too_large(tmp_path: Path) -> None:
    frugal = ChildExtractor(memory=64 << 20)
    assert await failure(tmp_path, pdf_bomb(200 << 20), PDF, frugal) is Failure.TOO_LARGE


async def test_a_pdf_that_takes_for_ever_is_given_up(tmp_path: Path) -> None:
    hasty = ChildExtractor(timeout=timedelta(seconds=1))
    assert await failure(tmp_path, endless_pdf(), PDF, hasty) is Failure.TIMEOUT
