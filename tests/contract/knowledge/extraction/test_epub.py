"""Books."""

from pathlib import Path

from domain.knowledge.document import Failure
from domain.knowledge.text import Properties
from tests.contract.knowledge.extraction.conftest import extract, failure, headings
from tests.contract.knowledge.extraction.test_properties import MADE
from tests.packages import EPUB, changed, epub

BOOK = epub("<h1>Fees</h1><p>Fees are<br/>due.</p>", "<h2>Term</h2><script>x()</script><p>A year.")


async def test_each_chapter_is_a_page(tmp_path: Path) -> None:
    found = await extract(tmp_path, BOOK, EPUB)
    assert [page.text for page in found.pages] == ["Fees\n\nFees are\ndue.", "Term\n\nA year."]
    assert [headings(page) for page in found.pages] == [[(1, "Fees")], [(2, "Term")]]
    assert found.properties == Properties("On fees", "Ada, Grace", "en-GB", MADE, None, 2)


async def test_a_book_with_digital_rights_management_is_encrypted(tmp_path: Path) -> None:
    listed = "<encryption><CipherReference URI='OEBPS/text/c%201.xhtml'/></encryption>"
    locked = changed(BOOK, {"META-INF/encryption.xml": listed})
    assert await failure(tmp_path, locked, EPUB) is Failure.ENCRYPTED


async def test_a_book_with_encrypted_fonts_is_read(tmp_path: Path) -> None:
    listed = "<encryption><CipherReference URI='OEBPS/fonts/a.otf'/></encryption>"
    found = await extract(tmp_path, changed(BOOK, {"META-INF/encryption.xml": listed}), EPUB)
    assert len(found.pages) == 2


async def test_a_book_without_one_of_its_chapters_is_corrupt(tmp_path: Path) -> None:
    renamed = BOOK.replace(b"OEBPS/text/c 2.xhtml", b"OEBPS/text/c 3.xhtml")
    assert await failure(tmp_path, renamed, EPUB) is Failure.CORRUPT
