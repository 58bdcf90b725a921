"""Spreadsheets."""

from pathlib import Path

from domain.knowledge.document import Failure
from domain.knowledge.text import Properties
from tests.contract.knowledge.extraction.conftest import extract, failure, headings, pages
from tests.contract.knowledge.extraction.test_properties import MADE
from tests.packages import XLSX, changed, xlsx

FEES: list[list[str | int]] = [["Role", "Rate"], ["Clerk", 10], ["", ""], ["*Boss*", ""]]


async def test_each_sheet_is_a_page_and_each_row_a_line(tmp_path: Path) -> None:
    found = await extract(tmp_path, xlsx({"Fees": FEES, "None": [], "More": [["x"]]}), XLSX)
    fees, none, more = found.pages
    assert fees.text == "Fees\n\n| Role | Rate |\n| Clerk | 10 |\n| *Boss* |  |"
    assert headings(fees) == [(1, "Fees")]
    assert none.text == ""
    assert more.text == "More\n\n| x |"
    assert found.properties == Properties("On fees", "Ada", "en-GB", MADE, MADE, 3)


async def test_a_hidden_sheet_is_not_read(tmp_path: Path) -> None:
    hidden, shown = await pages(tmp_path, xlsx({"A": FEES, "B": FEES}, "A"), XLSX)
    assert hidden.text == ""
    assert shown.text.startswith("B\n")


async def test_a_sheet_that_claims_far_more_than_it_has_is_too_large(tmp_path: Path) -> None:
    far = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="300000"><c r="Z300000"><v>2</v></c>'
        "</row></sheetData></worksheet>"
    )
    document = changed(xlsx({"Fees": FEES}), {"xl/worksheets/sheet1.xml": far})
    assert await failure(tmp_path, document, XLSX) is Failure.TOO_LARGE
