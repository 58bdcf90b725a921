"""What a document says of itself."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.extraction.properties import properties
from domain.knowledge.text import Properties
from tests.contract.knowledge.extraction.conftest import extract
from tests.documents import DOCX, PDF, TEXT, saved, typeset, word_document

MADE = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


async def test_a_pdf_says_who_wrote_it_and_when(tmp_path: Path) -> None:
    about = (
        '#set document(title: "On fees", author: ("Ada", "Grace"), date: datetime(year: 2024, '
        "month: 5, day: 6, hour: 7, minute: 8, second: 9))\n"
    )
    found = await extract(tmp_path, typeset(about + "Fees.#pagebreak()More fees."), PDF)
    assert found.properties == Properties("On fees", "Ada, Grace", "en", MADE, MADE, 2)


async def test_a_word_document_says_who_wrote_it_and_when(tmp_path: Path) -> None:
    document = word_document()
    core = document.core_properties
    core.title, core.author, core.language = "On fees", "Ada", "en-GB"
    core.created = core.modified = MADE.replace(tzinfo=None)
    found = await extract(tmp_path, saved(document), DOCX)
    assert found.properties == Properties("On fees", "Ada", "en-GB", MADE, MADE, 2)


async def test_a_text_says_nothing_of_itself(tmp_path: Path) -> None:
    assert (await extract(tmp_path, b"Words.", TEXT)).properties == Properties(page_count=1)


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("2024-05-06T07:08:09Z", MADE),
        ("2024-05-06T07:08:09", MADE),
        ("2024-05-06T09:08:09+02:00", MADE),
        ("D:20240506090809+02'00'", MADE),
        ("D:20240506090809+02'00", MADE),
        ("D:20240506070809Z", MADE),
        ("D:2024", datetime(2024, 1, 1, tzinfo=UTC)),
        ("1601-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("D:20249906070809", None),
        ("D:20240506070809+99'99'", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_dates_are_understood_or_left_out(said: str | None, understood: datetime | None) -> None:
    found = properties(authored_at=said).authored_at
    assert (datetime.fromisoformat(found) if found else None) == understood


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("en", "en"),
        ("EN_gb", "en-GB"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("de-1996", "de-1996"),
        ("English", None),
        ("x'; DROP TABLE", None),
        ("", None),
    ],
)
def test_a_language_is_a_tag_or_left_out(said: str, understood: str | None) -> None:
    assert properties(language=said).language == understood


def test_names_are_one_line_without_control_characters() -> None:
    said = properties(title=" On\n fees\0\u202e \ud800", author="A" * 9000)
    assert said.title == "On fees"
    assert said.author == "A" * 500
    assert properties(title="\0 \n").title is None
