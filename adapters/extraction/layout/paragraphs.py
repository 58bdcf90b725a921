"""From lines to pages of paragraphs and headings."""

from adapters.extraction.layout.headings import Headings
from adapters.extraction.layout.line import Line
from adapters.extraction.layout.spacing import far, gaps_of, spacing_of, usual_spacing
from adapters.extraction.pages import Lines, Page


def paragraphs(pages: list[list[Line]]) -> list[Page]:
    """Lines of one paragraph stand close together, and a blank line apart from the next."""
    gaps = [gaps_of(lines) for lines in pages]
    usual = usual_spacing(gaps)
    headings = Headings(pages, usual)
    return [
        _page(lines, headings, spacing_of(of_page, usual))
        for lines, of_page in zip(pages, gaps, strict=True)
    ]


def _page(lines: list[Line], headings: Headings, spacing: float) -> Page:
    page = Lines()
    open_level: int | None = None
    for at, line in enumerate(lines):
        level = headings.level(lines, at)
        if level and level == open_level and not far(lines[at - 1], line, 1.5):
            page.lines[-1] += f" {line.text}"  # one heading on two lines
        elif level:
            page.heading(line.text, level)
        elif at and (open_level or line.runs or far(lines[at - 1], line, spacing)):
            page.lines += ["", line.text]
        else:
            page.lines.append(line.text)
        open_level = level
    return page.page()
