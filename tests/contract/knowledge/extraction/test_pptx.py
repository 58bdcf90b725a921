"""Presentations."""

from pathlib import Path

from domain.knowledge.document import Failure
from domain.knowledge.text import Properties
from tests.contract.knowledge.extraction.conftest import extract, failure, headings, pages
from tests.contract.knowledge.extraction.test_properties import MADE
from tests.packages import PPTX, changed, pptx, relations, shape, slide_table


async def test_each_slide_is_a_page_with_its_title_table_and_notes(tmp_path: Path) -> None:
    slides = (
        shape("Goals", "ctrTitle") + shape("Ship it\non *time*") + shape("1", "sldNum"),
        shape("Rates", "title") + slide_table(["Role", "Rate"], ["Clerk", "10"]),
    )
    found = await extract(tmp_path, pptx(*slides, notes="Say it slowly."), PPTX)
    goals, rates = found.pages
    assert goals.text == "Goals\n\nShip it\non *time*"
    assert headings(goals) == [(1, "Goals")]
    assert rates.text == "Rates\n\n| Role | Rate |\n| Clerk | 10 |\n\nSay it slowly."
    assert found.properties == Properties("On fees", "Ada", "en-GB", MADE, MADE, 2)


async def test_a_hidden_slide_is_not_read_but_counted(tmp_path: Path) -> None:
    document = pptx(shape("Shown"), shape("Hidden"), attributes='show="0"')
    assert [page.text for page in await pages(tmp_path, document, PPTX)] == ["Shown", ""]


async def test_what_is_there_twice_for_older_programs_is_read_once(tmp_path: Path) -> None:
    both = f'<mc:Choice xmlns:mc="m">{shape("New")}</mc:Choice><mc:Fallback xmlns:mc="m">{shape("Old")}</mc:Fallback>'
    (page,) = await pages(tmp_path, pptx(both), PPTX)
    assert page.text == "New"


async def test_a_slide_that_is_not_there_is_corrupt(tmp_path: Path) -> None:
    missing = {"ppt/_rels/presentation.xml.rels": relations(("slide", "slides/slide9.xml"))}
    document = changed(pptx(shape("Words")), missing)
    assert await failure(tmp_path, document, PPTX) is Failure.CORRUPT


async def test_a_slide_elsewhere_is_left_there(tmp_path: Path) -> None:
    outside = (
        '<Relationship Id="r1" Type="t/slide" Target="http://127.0.0.1:9/" TargetMode="External"/>'
    )
    document = changed(
        pptx(shape("Words")), {"ppt/_rels/presentation.xml.rels": relations(more=outside)}
    )
    assert await failure(tmp_path, document, PPTX) is Failure.NO_TEXT
