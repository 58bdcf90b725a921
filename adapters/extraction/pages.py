"""What a reader of documents makes: pages of text with their headings, or the reason why not."""

import re
from collections.abc import Iterable

from adapters.extraction.properties import Properties

MAX_PAGES = 5_000
MAX_CHARACTERS = 20_000_000
MAX_UNPACKED = 256 * 1024 * 1024  # bytes in all files of an archive
ENCRYPTED = "it opens only with a password: upload a copy without one"
BROKEN = "it is damaged or not whole: see if it opens, save it anew and upload that"

NEWLINE = re.compile(r"\r\n|[\r\n\v\f\x85\u2028\u2029]")  # those of domain.knowledge.text


class Heading:
    """The line of its page, counted from 0, and its level, of which 1 is the highest."""

    def __init__(self, line: int, level: int) -> None:
        self.line, self.level = line, level


class Page:
    def __init__(self, text: str, headings: Iterable[Heading] = ()) -> None:
        self.text, self.headings = text, list(headings)


class Extracted:
    def __init__(self, pages: list[Page], properties: Properties | None = None) -> None:
        self.pages, self.properties = pages, properties or Properties()


class Unreadable(Exception):
    """`failure` is a value of domain.knowledge.document.Failure, `detail` a sentence for people."""

    def __init__(self, failure: str, detail: str) -> None:
        super().__init__(detail)
        self.failure = failure
        self.detail = detail


def too_many_pages() -> Unreadable:
    return Unreadable("too_large", f"it has more than {MAX_PAGES:,} pages: split it")


class Budget:
    """Counts characters down to the point where no honest document would be."""

    def __init__(self) -> None:
        self.left = MAX_CHARACTERS

    def spend(self, characters: int) -> None:
        self.left -= characters
        if self.left < 0:
            raise Unreadable("too_large", f"it has more than {MAX_CHARACTERS:,} characters")


class Lines:
    """A page in the making."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.headings: list[Heading] = []

    def block(self, text: str) -> None:
        """With a blank line before."""
        if self.lines:
            self.lines.append("")
        self.lines += NEWLINE.split(text)

    def heading(self, text: str, level: int) -> None:
        self.block(" ".join(text.split()))
        self.headings.append(Heading(len(self.lines) - 1, level))

    def item(self, text: str) -> None:
        """Of a list: its items stand close together. Their own numbers are seldom in the text, and
        a number counted here might be a wrong one."""
        line = "- " + " ".join(NEWLINE.split(text))
        if self.lines and self.lines[-1].startswith("- "):
            self.lines.append(line)
        else:
            self.block(line)

    def table(self, rows: Iterable[Iterable[str]]) -> None:
        """A line for each row that has something to say."""
        cells = ([" ".join(cell.split()) for cell in row] for row in rows)
        lines = [f"| {' | '.join(row)} |" for row in cells if any(row)]
        if lines:
            self.block("\n".join(lines))

    def page(self) -> Page:
        return Page("\n".join(self.lines), self.headings)
