"""Web pages: what a reader sees of them. Nothing is fetched.

By the parser of the standard library: xberg loses line breaks and shows what is hidden, and the
parsers of browsers take the square of the time for elements nested deep.
"""

import re
from collections import Counter
from html.parser import HTMLParser

from adapters.extraction.formats.text import decoded
from adapters.extraction.pages import Budget, Extracted, Lines, Page
from adapters.extraction.properties import Properties, properties

type Attributes = list[tuple[str, str | None]]

_DECLARED = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?([\w.:-]+)")
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details",
    "dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header",
    "hr", "legend", "li", "main", "menu", "nav", "ol", "option", "p", "pre", "section",
    "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
}  # fmt: skip
_BLOCKS |= set(_HEADINGS)
_CELLS = {"td", "th"}
_EMPTY = {
    "area", "base", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta",
    "param", "source", "track", "wbr",
}  # fmt: skip
_UNSEEN = {
    "audio", "canvas", "datalist", "head", "iframe", "math", "noscript", "object", "script",
    "style", "svg", "template", "textarea", "title", "video",
}  # fmt: skip
_CLOSED_BY = {  # end tags that one may leave out
    "p": _BLOCKS,
    "li": {"li"},
    "dt": {"dt", "dd"},
    "dd": {"dt", "dd"},
    "td": {"td", "th", "tr", "tbody", "tfoot"},
    "th": {"td", "th", "tr", "tbody", "tfoot"},
    "tr": {"tr", "tbody", "tfoot"},
    "option": {"option"},
    "head": {"body"},
}
_HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_SAID = {  # by a `meta`
    "author": "author",
    "dc.creator": "author",
    "dcterms.creator": "author",
    "article:published_time": "authored_at",
    "dcterms.created": "authored_at",
    "article:modified_time": "modified_at",
    "dcterms.modified": "modified_at",
}


def read_html(data: bytes) -> Extracted:
    reader = read_markup(data)
    return Extracted([reader.page()], reader.properties())


def read_markup(data: bytes) -> "Reader":
    declared = _DECLARED.search(data[:1024])
    text = decoded(data, declared[1].decode("ascii", "replace") if declared else None)
    Budget().spend(len(text))
    reader = Reader()
    reader.feed(text)
    reader.close()
    return reader


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self._lines = Lines()
        self._text: list[str] = []
        self._row: list[str] | None = None  # of the innermost table
        self._rows: list[list[str]] = []
        self._open: list[str] = []
        self._opened: Counter[str] = Counter()
        self._unseen = 0  # how many are open when the outermost unseen one is
        self._item = False
        self._said: dict[str, str] = {}

    def page(self) -> Page:
        self._end_block()
        self._end_table()
        return self._lines.page()

    def properties(self) -> Properties:
        return properties(**self._said)

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        self._close_implied(tag)
        self._notice(tag, dict(attrs))
        if not self._unseen:
            self._begin(tag)
        if tag in _EMPTY:
            return
        self._open.append(tag)
        self._opened[tag] += 1
        if not self._unseen and (tag in _UNSEEN or _is_hidden(dict(attrs))):
            self._unseen = len(self._open)

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        """In XHTML an element may end where it begins."""
        self.handle_starttag(tag, attrs)
        if tag not in _EMPTY:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._opened[tag]:
            last = self._open.pop()
            if not self._unseen:
                self._end(last)
            self._opened[last] -= 1
            if len(self._open) < self._unseen:
                self._unseen = 0
            if last == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._unseen:
            if self._open[-1] == "title" and not self._opened["svg"]:
                self._said["title"] = self._said.get("title", "") + data
        else:
            preserved = self._opened["pre"]
            self._text.append(data if preserved else data.replace("\n", " ").replace("\r", " "))

    def _close_implied(self, tag: str) -> None:
        while self._open and tag in _CLOSED_BY.get(self._open[-1], ()):
            self.handle_endtag(self._open[-1])

    def _notice(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "html":
            self._said["language"] = attributes.get("lang") or attributes.get("xml:lang") or ""
        elif tag == "meta":
            name = (attributes.get("name") or attributes.get("property") or "").lower()
            if name in _SAID:
                self._said.setdefault(_SAID[name], attributes.get("content") or "")

    def _begin(self, tag: str) -> None:
        if tag == "br":
            self._text.append("\n")
        elif tag == "table":
            self._end_block()
            self._end_table()
        elif tag == "tr":
            self._end_block()
            self._row = []
        elif tag in _BLOCKS:
            self._end_block()
            self._item = self._item or tag == "li"

    def _end(self, tag: str) -> None:
        if tag in _CELLS and self._row is not None:
            self._row.append(self._taken())
        elif tag == "tr" and self._row is not None:
            self._rows.append(self._row)
            self._row = None
        elif tag == "table":
            self._end_block()
            self._end_table()
        elif tag in _HEADINGS and self._row is None and (text := self._taken().strip()):
            self._end_table()
            self._lines.heading(text, _HEADINGS[tag])
        elif tag in _BLOCKS:
            self._end_block()
            self._item = self._item and tag != "li"

    def _end_block(self) -> None:
        if self._row is not None:  # a cell is one line, whatever is in it
            self._text.append("\n")
            return
        text = self._taken()
        if not text.strip():
            return
        self._end_table()
        if self._item:
            self._lines.item(text)
        else:
            self._lines.block(text)
        self._item = False

    def _end_table(self) -> None:
        """Of a table in a cell the outer one's row is broken off: it was for the looks."""
        rows = [*self._rows, self._row or []]
        self._rows, self._row = [], None
        if any(len(row) > 1 for row in rows):
            self._lines.table(rows)
        else:
            for cell in (cell for row in rows for cell in row if cell.strip()):
                self._lines.block(cell)

    def _taken(self) -> str:
        text = "".join(self._text)
        self._text = []
        if self._opened["pre"]:
            return text.strip("\n")
        return "\n".join(" ".join(line.split()) for line in text.split("\n")).strip("\n")


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    return "hidden" in attributes or bool(_HIDDEN.search(attributes.get("style") or ""))
