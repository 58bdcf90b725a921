"""Rich Text Format."""

from pathlib import Path

import pytest

from domain.knowledge.document import Failure
from domain.knowledge.text import Properties
from tests.contract.knowledge.extraction.conftest import extract, failure, headings, pages
from tests.contract.knowledge.extraction.test_properties import MADE
from tests.packages import RTF


async def read(folder: Path, body: str) -> str:
    (page,) = await pages(folder, (r"{\rtf1\ansi\ansicpg1252 " + body + "}").encode(), RTF)
    return page.text


async def test_an_rtf_gives_its_pages_headings_and_properties(tmp_path: Path) -> None:
    document = (
        r"{\rtf1\ansi{\fonttbl\f0 Arial;}{\stylesheet{\s3 heading 2;}{\s4\outlinelevel0 Own;}}"
        r"{\info{\title On fees}{\author Ada}{\creatim\yr2024\mo5\dy6\hr7\min8\sec9}}"
        r"{\header Running head}{\footer Page {\field{\*\fldinst PAGE}{\fldrslt 7}}}"
        "\\pard\\s4 Fees\\par\r\n\\pard All \\b fees\\b0  are\r\n due.\\par\\page\\pard\\s3 Term\\par"
        r"\pard A year.\par}"
    )
    found = await extract(tmp_path, document.encode(), RTF)
    assert [page.text for page in found.pages] == ["Fees\n\nAll fees are due.", "Term\n\nA year."]
    assert [headings(page) for page in found.pages] == [[(1, "Fees")], [(2, "Term")]]
    assert found.properties == Properties("On fees", "Ada", None, MADE, None, 2)


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        (r"caf\'e9", "café"),
        (r"\u8364?10", "€10"),
        (r"\u8364\'8010", "€10"),
        (r"{\uc0\u8364}10", "€10"),
        (r"{\uc2\u8364 EU}10", "€10"),
        (r"\u-10179?\u-8704?", "😀"),
        (r"a\emdash b\~c\{\}\\", "a—b\xa0c{}\\"),
        (r"{\fonttbl{\f1\fcharset204 A;}}\f1\'e4\'e0", "да"),
        (r"{\fonttbl{\f1\fcharset128 A;}}\f1\'93\'fa", "日"),
        (r"one{\v two}{\deleted three}{\*\unknown four}{\pict 00ff}", "one"),
        ("a\\bin3 {}}b", "ab"),
        (r"{\field{\*\fldinst HYPERLINK x}{\fldrslt here}}", "here"),
        (r"{\listtext\'b7\tab}one\par{\listtext\'b7\tab}two", "- one\n- two"),
        (r"{\listtext 1.\tab}one", "1. one"),
        (
            r"\trowd\intbl Role\cell Rate\par here\cell\row\pard After",
            "| Role | Rate here |\n\nAfter",
        ),
    ],
)
async def test_what_is_written_is_what_is_read(tmp_path: Path, written: str, read_as: str) -> None:
    assert await read(tmp_path, written) == read_as


async def test_an_rtf_without_its_mark_is_corrupt(tmp_path: Path) -> None:
    assert await failure(tmp_path, b"Just words", RTF) is Failure.CORRUPT
