"""Running heads and feet, which would stand in the middle of each sentence that goes on overleaf.

A line at the edge of a page runs when, but for its digits, it stands at that edge of 60 % of the
pages (or of the left or right ones), or when it begins or ends with the page's number where 60 %
of the pages have theirs. In less than three pages nothing runs.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain

from adapters.extraction.layout.line import Line, body_size

_SHARE = 0.6
_FEWEST = 3  # pages
_DEEPEST = 3  # rows at an edge
_LARGE = 1.15  # times the body's size
_DIGITS = re.compile(r"\d+")
_NUMBER = re.compile(r"^\d{1,4}(?![\d.,]\d)|(?<![\d.,])\d{1,4}$")
_ALONE = re.compile(r"\W*(?:\d{1,4}|[ivxl]{1,7})\W*")
_WORD = re.compile(r"\w+")
_TELLING = 4  # letters of a word: `of` and `von` say nothing
_TELLING_WORD = re.compile(rf"\w{{{_TELLING},}}")
_BETWEEN = rf"(?:\W+\w{{1,{_TELLING - 1}}})*\W+"  # telling words

type Outermost = Callable[[Iterable[float]], float]


def without_running(pages: list[list[Line]]) -> list[list[Line]]:
    """Nothing said is lost: what says something that is said nowhere else comes once, below the
    text of the last page that has it, where it interrupts nothing."""
    large = _LARGE * body_size(pages)
    heads = _running(pages, max, large)
    feet = _running(pages, min, float("inf"))  # a title does not stand at the foot
    for line in heads + feet:
        line.runs = True
    said = "\n".join(line.text for lines in pages for line in lines if not line.runs)
    news = _News(said.casefold(), len(pages))
    kept = {id(line) for line in (*news.among(heads), *news.among(feet))}
    return [
        [line for line in lines if not line.runs] + [line for line in lines if id(line) in kept]
        for lines in pages
    ]


def _running(pages: list[list[Line]], outermost: Outermost, large: float) -> list[Line]:
    """Row by row from the edge, and in each row by pages."""
    found: list[Line] = []
    for _ in range(_DEEPEST):
        edge = _Edge([_row(lines, outermost) for lines in pages], large)
        running = edge.running()
        if not running:
            break
        found += running
        taken = set(map(id, running))
        pages = [[line for line in lines if id(line) not in taken] for lines in pages]
    return found


def _row(lines: list[Line], outermost: Outermost) -> list[Line]:
    """The lines that stand highest, or lowest."""
    heights = [line.y for line in lines if line.y is not None]
    edge = outermost(heights) if heights else 0.0
    return [line for line in lines if line.y is not None and abs(line.y - edge) < line.size / 2]


class _Edge:
    """The outermost row of each page, at one edge. What is larger than `large` or bold may be a
    title: `Article 3` on page 3 runs no more than `Article 4` on page 4."""

    def __init__(self, rows: list[list[Line]], large: float) -> None:
        self._rows, self._large = rows, large
        self._recurring = _recurring(rows)
        self._offset = _numbering(rows)

    def running(self) -> list[Line]:
        rows = enumerate(self._rows)
        return [line for page, row in rows for line in row if self._runs(page, line)]

    def _runs(self, page: int, line: Line) -> bool:
        if line.text in self._recurring:
            return True
        if _ALONE.fullmatch(line.text):
            return self._offset is not None or _shape(line) in self._recurring
        if self._large != float("inf") and (line.bold or line.size > self._large):
            return False
        return _shape(line) in self._recurring or (
            self._offset is not None and page + self._offset in _numbers(line)
        )


def _recurring(rows: list[list[Line]]) -> set[str]:
    """Texts, and texts without their digits, of most rows, or of most on left or right pages."""
    texts = [[text for ln in row for text in {ln.text, _shape(ln)}] for row in rows]
    return {text for part in (texts, texts[::2], texts[1::2]) for text in _often(part)}


def _often(rows: list[list[str]]) -> Iterator[str]:
    seen = Counter(chain.from_iterable(rows))
    most = _most(rows)
    return (text for text, times in seen.items() if times >= most)


def _numbering(rows: list[list[Line]]) -> int | None:
    """What added to the place of a page gives the number on it, where most pages have one."""
    offsets = Counter(n - page for page, row in enumerate(rows) for ln in row for n in _numbers(ln))
    offset, times = max(offsets.items(), key=lambda item: item[1], default=(0, 0))
    return offset if times >= _most(rows) else None


def _most(rows: Sequence[Sequence[object]]) -> float:
    return max(_FEWEST, _SHARE * sum(map(bool, rows)))


class _News:
    """What is said nowhere else. The head of a whole document may be a sentence, a chapter's only
    repeats its title: of the first all words have to be said together, of the second each."""

    def __init__(self, said: str, pages: int) -> None:
        self._said = said
        self._often = _SHARE * pages / 2  # it may stand on left pages only

    @cached_property
    def _words(self) -> set[str]:
        return set(_TELLING_WORD.findall(self._said))

    def among(self, running: list[Line]) -> Iterator[Line]:
        """The last line of each kind."""
        kinds: dict[str, list[Line]] = {}
        for line in running:
            kinds.setdefault(_shape(line), []).append(line)
        return (lines[-1] for lines in kinds.values() if self._is_new(lines))

    def _is_new(self, lines: list[Line]) -> bool:
        lasting = _lasting(lines)
        if not lasting:
            return False
        if len(lines) < self._often:
            return not self._words.issuperset(lasting)
        return not re.search(rf"(?<!\w){_BETWEEN.join(lasting)}(?!\w)", self._said)


def _lasting(lines: list[Line]) -> list[str]:
    """The words of lines of one kind, without numbers that change and what they count: `Page 3`."""
    places = list(zip(*map(_words, lines), strict=True))
    alone = len(lines) == 1
    changes = [len(set(words)) > 1 or (alone and words[0].isdecimal()) for words in places]
    counts = [*changes[1:], False]
    return [
        words[0]
        for words, changing, counting in zip(places, changes, counts, strict=True)
        if not (changing or counting) and len(words[0]) >= _TELLING
    ]


def _numbers(line: Line) -> set[int]:
    return {int(found) for found in _NUMBER.findall(line.text)}


def _shape(line: Line) -> str:
    return _DIGITS.sub("0", line.text)


def _words(line: Line) -> list[str]:
    return _WORD.findall(line.text.casefold())
