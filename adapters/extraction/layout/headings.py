"""Which lines are headings: they are larger than the text, or bold and alone."""

import re
from collections import Counter

from adapters.extraction.layout.line import Line, body_size
from adapters.extraction.layout.spacing import far

_LEADERS = re.compile(r"(?:\. ?){4}")  # of a table of contents
_HEADING_SIZE = 1.12  # times the body's
_LONGEST_HEADING = 160


class Headings:
    """Which lines are headings, and of what level: by their size, then by being bold and alone."""

    def __init__(self, pages: list[list[Line]], spacing: float) -> None:
        body = body_size(pages)
        self._least = max(body * _HEADING_SIZE, body + 0.9)
        self._spacing = spacing
        shown_on = Counter(text for lines in pages for text in {line.text for line in lines})
        # What stands on a quarter of the pages is a running head, not a heading.
        often = max(3, len(pages) / 4)
        self._running = {text for text, times in shown_on.items() if times > often}
        self._sizes = Counter(line.size for lines in pages for line in lines if self._large(line))
        deepest = max(map(self._rank, self._sizes), default=0)
        self._bold_level = max(3, deepest + 1)  # never above 3: a guess must not cut a passage
        plain = sum(len(ln.text) for lines in pages for ln in lines if not ln.bold)
        self._bold_tells = plain > 0.7 * sum(len(ln.text) for lines in pages for ln in lines)
        many = sum(self._sizes.values()) > 0.4 * sum(map(len, pages))
        if many and len(pages) > 1:  # the sizes of a poster or of slides say nothing
            self._least = float("inf")

    def level(self, lines: list[Line], at: int) -> int | None:
        line = lines[at]
        if self._large(line):
            return self._rank(line.size)
        return self._bold_level if self._bold_and_alone(lines, at) else None

    def _large(self, line: Line) -> bool:
        return line.y is not None and line.size >= self._least and self._titular(line)

    def _titular(self, line: Line) -> bool:
        named = any(c.isalpha() for c in line.text) and not _LEADERS.search(line.text)
        return (
            named
            and not line.runs
            and len(line.text) < _LONGEST_HEADING
            and line.text not in self._running
        )

    def _rank(self, size: float) -> int:
        """Sizes seen once (a title page's) count as one."""
        larger = [times for other, times in self._sizes.items() if other > size]
        return min(6, 1 + any(n == 1 for n in larger) + sum(n > 1 for n in larger))

    def _bold_and_alone(self, lines: list[Line], at: int) -> bool:
        line = lines[at]
        if not (line.bold and self._bold_tells and self._titular(line)) or line.cells:
            return False
        if line.text.endswith((".", ",", ";", ":")) or not line.text[0].isalnum():
            return False
        apart = at == 0 or far(lines[at - 1], line, self._spacing)
        return apart and not (at + 1 < len(lines) and lines[at + 1].bold)
