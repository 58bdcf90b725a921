"""Canonical text: what every offset in the system counts in. Made once, then never changed."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.shared.span import Span

_PAGE_BREAK, _OVERLEAF = "\n\n", "\n"
_LEAST_OPEN = 30  # code points of a line that a page may break off in
_ITEM = re.compile(r"(?:[a-z]|[ivx]{1,4})[.)]\s")
_NEWLINES = str.maketrans({"\v": "\n", "\f": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n"})


@dataclass(frozen=True, slots=True)
class RawHeading:
    """A heading as extraction found it: the line of its page, counted from 0, and its level."""

    line: int
    level: int


@dataclass(frozen=True, slots=True)
class RawPage:
    """One page as extraction found it, before normalisation."""

    text: str
    headings: tuple[RawHeading, ...] = ()


@dataclass(frozen=True, slots=True)
class Properties:
    """What a document says of itself; None where it says nothing. `language` is a BCP 47 tag."""

    title: str | None = None
    author: str | None = None
    language: str | None = None
    authored_at: datetime | None = None
    modified_at: datetime | None = None
    page_count: int | None = None


@dataclass(frozen=True, slots=True)
class Extracted:
    """All that extraction found in a document's bytes."""

    pages: tuple[RawPage, ...]
    properties: Properties = Properties()


@dataclass(frozen=True, slots=True)
class Page:
    """`content[start:end]` is page `number`, counted from 1; blank pages are left out."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Heading:
    """`content[start:end]` is the heading's line. Level 1 is the highest."""

    level: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CanonicalText:
    content: str
    pages: tuple[Page, ...]
    headings: tuple[Heading, ...]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content.encode()).hexdigest()

    def page_at(self, offset: int) -> int:
        """The number of the page that `offset` lies on."""
        for page in reversed(self.pages):
            if page.start <= offset:
                return page.number
        return 1


def canonical(raw: Sequence[RawPage]) -> CanonicalText:
    """Pages joined by a blank line, or by a new one where a sentence goes on overleaf, with one kind
    of newline, in NFC, without control characters."""
    parts: list[str] = []
    pages: list[Page] = []
    headings: list[Heading] = []
    at = 0
    for number, page in enumerate(raw, 1):
        levels = {heading.line: heading.level for heading in page.headings}
        lines = [_clean(line) for line in _lines(page.text)]
        if not any(lines):
            continue
        if parts:
            headed = 0 in levels or (headings and headings[-1].end == at)
            parts.append(_OVERLEAF if _goes_on(parts[-1], lines[0]) and not headed else _PAGE_BREAK)
            at += len(parts[-1])
        start = at
        for index, line in enumerate(lines):
            if index in levels and line:
                headings.append(Heading(levels[index], at, at + len(line)))
            parts.append(line + "\n" if index < len(lines) - 1 else line)
            at += len(parts[-1])
        pages.append(Page(number, start, at))
    return CanonicalText("".join(parts), tuple(pages), tuple(headings))


def line_spans(text: str) -> list[Span]:
    """Where the lines that are not blank stand, without the white space around them."""
    spans: list[Span] = []
    at = 0
    for line in text.split("\n"):
        inner = line.strip()
        if inner:
            start = at + line.index(inner)
            spans.append(Span(start, start + len(inner)))
        at += len(line) + 1
    return spans


def _goes_on(above: str, below: str) -> bool:
    """Whether a page ends in the middle of a sentence: sure of it only when what follows is in
    lower case, or follows a comma."""
    if len(above) < _LEAST_OPEN or not below or _ITEM.match(below):
        return False
    return (above[-1].isalnum() and below[0].islower()) or (above[-1] == "," and below[0].isalnum())


def _lines(text: str) -> list[str]:
    unified = text.replace("\r\n", "\n").replace("\r", "\n").translate(_NEWLINES)
    return unified.split("\n")


def _clean(line: str) -> str:
    """NFC line by line is NFC as a whole: nothing composes across a newline."""
    shown = "".join(c for c in line if c == "\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return unicodedata.normalize("NFC", shown).rstrip()
