"""Markdown: the text as it is, and where its headings are."""

import re
from collections.abc import Iterator

from adapters.extraction.formats.text import decoded
from adapters.extraction.pages import NEWLINE, Budget, Extracted, Heading, Page

_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+[^\s#]")
_SETEXT = re.compile(r" {0,3}(=+|-+)\s*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)$")
_NOT_A_PARAGRAPH = re.compile(r"\s*$|\s{4}|\t| {0,3}([>|]|[-*+]\s|\d+[.)]\s|<|#{1,6}\s)")


def read_markdown(data: bytes) -> Extracted:
    text = decoded(data)
    Budget().spend(len(text))
    return Extracted([Page(text, list(_headings(NEWLINE.split(text))))])


def _headings(lines: list[str]) -> Iterator[Heading]:
    fence = ""
    before_last = last = ""
    body = _end_of_front_matter(lines)
    for number, line in enumerate(lines[body:], body):
        found = _FENCE.match(line)
        if fence:
            closes = found and found[1].startswith(fence) and not found[2].strip()
            fence = "" if closes else fence
            before_last, last = "", ""
            continue
        if found and not (found[1][0] == "`" and "`" in found[2]):
            fence = found[1]
        elif atx := _ATX.match(line):
            yield Heading(number, len(atx[1]))
        elif (
            (setext := _SETEXT.match(line))
            and not _NOT_A_PARAGRAPH.match(last)
            and _NOT_A_PARAGRAPH.match(before_last)
        ):
            yield Heading(number - 1, 1 if setext[1][0] == "=" else 2)
            line = ""
        before_last, last = last, line


def _end_of_front_matter(lines: list[str]) -> int:
    """The first line after a `---` block of YAML at the top, whose end looks like a heading's."""
    if lines[0].lstrip("\ufeff").rstrip() != "---":
        return 0
    ends = (n for n, line in enumerate(lines[1:200], 1) if line.rstrip() in ("---", "..."))
    return next(ends, -1) + 1
