"""Texts of OpenDocument."""

from pathlib import Path

from domain.knowledge.document import Failure
from domain.knowledge.text import Properties
from tests.contract.knowledge.extraction.conftest import extract, failure, headings, pages
from tests.contract.knowledge.extraction.test_properties import MADE
from tests.packages import ODT, odt

BODY = (
    '<text:h text:outline-level="1">Fees</text:h>'
    "<text:p>All <text:span>fees</text:span> &amp; *taxes*<text:line-break/>are due.</text:p>"
    "<text:list><text:list-item><text:p>Interest</text:p></text:list-item>"
    "<text:list-item><text:p>Costs</text:p></text:list-item></text:list>"
    "<table:table><table:table-row><table:table-cell><text:p>Role</text:p></table:table-cell>"
    "<table:table-cell><text:p>Rate</text:p></table:table-cell></table:table-row></table:table>"
)


async def test_an_odt_gives_its_text_headings_and_properties(tmp_path: Path) -> None:
    found = await extract(tmp_path, odt(BODY), ODT)
    (page,) = found.pages
    assert page.text == (
        "Fees\n\nAll fees & *taxes*\nare due.\n\n- Interest\n- Costs\n\n| Role | Rate |"
    )
    assert headings(page) == [(1, "Fees")]
    assert found.properties == Properties("On fees", "Ada", "en-GB", MADE, MADE, 1)


async def test_an_odt_with_a_password_is_encrypted(tmp_path: Path) -> None:
    manifest = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
    assert await failure(tmp_path, odt("", manifest), ODT) is Failure.ENCRYPTED


async def test_pictures_that_lie_elsewhere_are_left_there(tmp_path: Path) -> None:
    image = '<draw:image xmlns:draw="d" xmlns:xlink="x" xlink:href="http://127.0.0.1:9/a.png"/>'
    (page,) = await pages(tmp_path, odt(f"<text:p>Words.</text:p>{image}"), ODT)
    assert page.text == "Words."
