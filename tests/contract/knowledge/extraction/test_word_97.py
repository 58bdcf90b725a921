"""Documents of Word 97-2003."""

from datetime import UTC, datetime
from pathlib import Path

from domain.knowledge.document import Failure
from domain.knowledge.text import Properties
from tests.contract.knowledge.extraction.conftest import extract, failure, headings
from tests.packages import DOC, encrypted_office, encrypted_word_97, word_95, word_97

MADE = datetime(2013, 12, 23, 23, 15, tzinfo=UTC)  # that of python-docx's template


async def test_a_doc_gives_its_text_headings_and_properties(tmp_path: Path) -> None:
    found = await extract(tmp_path, word_97(), DOC)
    (page,) = found.pages
    assert page.text == (
        "Fees\n\nThe Customer shall pay *all* fees & taxes – by May.\n\nLate payment\n\n"
        "Role\tRate\nClerk\t10 €\nAfter the table."
    )
    assert headings(page) == [(1, "Fees"), (2, "Late payment")]
    assert found.properties == Properties("Services Agreement", "Ada Lovelace", None, MADE, MADE, 1)


async def test_a_doc_with_a_password_is_encrypted(tmp_path: Path) -> None:
    assert await failure(tmp_path, encrypted_word_97(), DOC) is Failure.ENCRYPTED
    assert await failure(tmp_path, encrypted_office(), DOC) is Failure.ENCRYPTED


async def test_what_office_97_made_but_not_word_is_unsupported(tmp_path: Path) -> None:
    name = "WordDocument".encode("utf-16-le")
    other = word_97().replace(name, "WordDocumenX".encode("utf-16-le"))
    assert await failure(tmp_path, other, DOC) is Failure.UNSUPPORTED


async def test_a_document_of_word_95_is_unsupported(tmp_path: Path) -> None:
    assert await failure(tmp_path, word_95(), DOC) is Failure.UNSUPPORTED
