"""Presentations: a page for each slide, and the speaker's notes below it.

Not by xberg, which puts notes under another slide, and knows no titles. What is hidden is not read.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from adapters.extraction.package import Package, tag
from adapters.extraction.pages import (
    MAX_PAGES,
    Budget,
    Extracted,
    Lines,
    Page,
    too_many_pages,
)

_MAIN = "ppt/presentation.xml"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TITLES = ("title", "ctrTitle")
_RUNNING = ("sldNum", "ftr", "dt", "hdr")


def read_pptx(data: bytes) -> Extracted:
    package = Package(data, _MAIN)
    related = package.related(_MAIN)
    ids = [one.get(_ID, "") for one in package.xml(_MAIN).iter() if tag(one) == "sldId"]
    if len(ids) > MAX_PAGES:
        raise too_many_pages()
    budget, pages = Budget(), []
    for name in (related[one][1] for one in ids if one in related):
        pages.append(_slide(package, name))
        budget.spend(len(pages[-1].text))
    return Extracted(pages, package.office_properties())


def _slide(package: Package, name: str) -> Page:
    slide, page = package.xml(name), Lines()
    if slide.get("show") in ("0", "false"):
        return page.page()
    for shape in _shapes(slide):
        if tag(shape) == "tbl":
            page.table(_table(shape))
        elif _place(shape) in _TITLES:
            _add_title(page, " ".join(_paragraphs(shape)))
        elif _place(shape) not in _RUNNING:
            _add(page, shape)
    for kind, notes in package.related(name).values():
        if kind == "notesSlide":
            for shape in _shapes(package.xml(notes)):
                if _place(shape) == "body":
                    _add(page, shape)
    return page.page()


def _shapes(slide: Element) -> Iterator[Element]:
    """Those with text, in order, and the tables."""
    for parent in list(slide.iter()):
        for child in [child for child in parent if tag(child) == "Fallback"]:
            parent.remove(child)  # the same once more, for older programs
    return (one for one in slide.iter() if tag(one) in ("sp", "tbl"))


def _place(shape: Element) -> str:
    """What the layout has the shape for."""
    return next((one.get("type", "body") for one in shape.iter() if tag(one) == "ph"), "")


def _add_title(page: Lines, text: str) -> None:
    if text.strip():
        page.heading(text, 1)


def _add(page: Lines, shape: Element) -> None:
    if lines := [line for line in _paragraphs(shape) if line]:
        page.block("\n".join(lines))


def _table(table: Element) -> Iterator[list[str]]:
    for row in table.iter():
        if tag(row) == "tr":
            yield [" ".join(_paragraphs(cell)) for cell in row if tag(cell) == "tc"]


def _paragraphs(shape: Element) -> Iterator[str]:
    for paragraph in shape.iter():
        if tag(paragraph) == "p":
            yield " ".join("".join(map(_run, paragraph.iter())).split())


def _run(element: Element) -> str:
    return (
        " "
        if tag(element) in ("br", "tab")
        else (element.text or "")
        if tag(element) == "t"
        else ""
    )
