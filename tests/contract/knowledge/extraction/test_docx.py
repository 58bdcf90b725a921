"""What of a Word document is read, and which are not."""

from pathlib import Path

from adapters.extraction.extractor import ChildExtractor
from domain.knowledge.document import Failure
from tests.contract.knowledge.extraction.conftest import failure, headings, pages
from tests.documents import DOCX, docx_bomb, docx_with_body, saved, word_document
from tests.packages import encrypted_office, word_97


async def test_a_docx_gives_its_text_and_headings(tmp_path: Path) -> None:
    first, second = await pages(tmp_path, saved(word_document()), DOCX)
    assert first.text == (
        "Services Agreement\n\n1. Fees\n\nThe Customer shall pay *all* fees & taxes.\n\n"
        "Late payment\n\n- Interest\n- Costs\n\n| Role | Rate |"
    )
    assert headings(first) == [(1, "Services Agreement"), (2, "1. Fees"), (3, "Late payment")]
    assert second.text == "On page two 😀."


async def test_a_docx_with_a_password_is_encrypted(tmp_path: Path) -> None:
    assert await failure(tmp_path, encrypted_office(), DOCX) is Failure.ENCRYPTED


async def test_an_old_word_file_is_unsupported(tmp_path: Path) -> None:
    assert await failure(tmp_path, word_97(), DOCX) is Failure.UNSUPPORTED


async def test_a_broken_docx_is_corrupt(tmp_path: Path) -> None:
    whole = saved(word_document())
    assert await failure(tmp_path, whole[:-200], DOCX) is Failure.CORRUPT
    assert await failure(tmp_path, docx_with_body(b"<w:document><w:p>"), DOCX) is Failure.CORRUPT


async def test_a_docx_may_not_declare_entities(tmp_path: Path) -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>'
    assert await failure(tmp_path, docx_with_body(laughs), DOCX) is Failure.CORRUPT


async def test_a_docx_that_takes_more_than_the_memory_is_too_large(tmp_path: Path) -> None:
    paragraph = b"<w:p><w:r><w:t>some words of text here and there</w:t></w:r></w:p>"
    body = b"<w:body>%b</w:body>" % (paragraph * 100_000)
    space = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    document = docx_with_body(b'<w:document xmlns:w="%b">%b</w:document>' % (space, body))
    frugal = ChildExtractor(memory=64 << 20)
    assert await failure(tmp_path, document, DOCX, frugal) is Failure.TOO_LARGE


async def test_a_docx_that_unpacks_to_too_much_is_too_large(tmp_path: Path) -> None:
    assert await failure(tmp_path, docx_bomb(), DOCX) is Failure.TOO_LARGE
