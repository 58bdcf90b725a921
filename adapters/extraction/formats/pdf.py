"""PDF: what stands on each page, by pdfium; what it means is for `layout`."""

import ctypes
import re
from collections.abc import Iterator
from math import hypot
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw  # type: ignore[import-untyped]

from adapters.extraction.layout.hyphens import mended
from adapters.extraction.layout.line import Line
from adapters.extraction.layout.paragraphs import paragraphs
from adapters.extraction.layout.running import without_running
from adapters.extraction.pages import ENCRYPTED, MAX_PAGES, Budget, Extracted, Unreadable
from adapters.extraction.properties import Properties, properties

_WORD_GOES_ON = "\ufffe\x02"  # where pdfium saw a hyphen at the end of a line
_HYPHEN = "-"
_LINE_END = re.compile(rf"[\n{_WORD_GOES_ON}]")
_ODD_BREAK = re.compile(r"[\r\v\f\x85\u2028\u2029](?!(?<=\r)\n)")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_SPACE = re.compile(r"(?<=\S)\s(?=\S)")
_LABEL = re.compile(r"\S*(\d\S*|[.)])\s")
_BOLD = re.compile(rb"bold|black|heavy", re.IGNORECASE)
_LONGEST_BOLD = 80
_BROKEN = "it is damaged or not whole: see if it opens, save it anew and upload that"


def read_pdf(data: bytes) -> Extracted:
    document = _opened(data)
    pages = paragraphs(mended(without_running(list(_lines(document)))))
    return Extracted(pages, _properties(document))


def _opened(data: bytes) -> Any:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (4, 5):  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
            raise Unreadable("encrypted", ENCRYPTED) from None
        raise Unreadable("corrupt", _BROKEN) from None
    if len(document) > MAX_PAGES:
        raise Unreadable("too_large", f"it has more than {MAX_PAGES:,} pages: split it")
    return document


def _properties(document: Any) -> Properties:
    said = document.get_metadata_dict()
    return properties(
        title=said["Title"],
        author=said["Author"],
        language=_language(document),
        authored_at=said["CreationDate"],
        modified_at=said["ModDate"],
    )


def _language(document: Any) -> str:
    ask: Any = pypdfium2.raw.FPDFCatalog_GetLanguage
    size = ask(document, None, 0)
    buffer = ctypes.create_string_buffer(size)
    ask(document, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return buffer.raw.decode("utf-16-le", "replace").rstrip("\0")


def _lines(document: Any) -> Iterator[list[Line]]:
    budget = Budget()
    for number in range(len(document)):
        try:
            page = document[number]
            text = page.get_textpage()
        except pypdfium2.PdfiumError:
            # A page left out in silence would be a wrong answer later on.
            raise Unreadable("corrupt", f"page {number + 1} is damaged: save it anew") from None
        lines = list(TextPage(text).lines())
        text.close()
        page.close()
        budget.spend(sum(len(line.text) for line in lines))
        yield lines


class TextPage:
    """A page's text with the place and size of its lines.

    One character stands for a line, and is measured in full only when it looks like none before:
    asking pdfium for every character takes as long as reading them.
    """

    def __init__(self, page: Any) -> None:
        self._raw: Any = pypdfium2.raw
        self._page = page
        self._text: str = _ODD_BREAK.sub(" ", page.get_text_range())
        self._narrow = self._text.isascii() or not _ASTRAL.search(self._text)
        self._whole = page.count_chars() == self._units(self._text)  # no character left out
        self._box, self._matrix = self._raw.FS_RECTF(), self._raw.FS_MATRIX()
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._font, self._flags = ctypes.create_string_buffer(100), ctypes.c_int()
        self._usual = 0.0
        self._alike: dict[tuple[float, float], tuple[float, float]] = {}  # look: descent, size

    def lines(self) -> Iterator[Line]:
        start = at = 0
        for end in [*_LINE_END.finditer(self._text), None]:
            raw = self._text[start : end.start() if end else None]
            if text := raw.strip():
                first = at + raw.index(text[0])  # only spaces before
                line = self._line(text, first, first + self._units(text) - 1)
                line.goes_on = _cut(text, end[0] if end else "")
                if line.goes_on == _HYPHEN:
                    line.text = line.text[:-1]
                yield line
            start += len(raw) + 1
            at += self._units(raw) + 1

    def _line(self, text: str, first: int, last: int) -> Line:
        middle = (first + last) // 2
        y, size = self._glance(middle)
        if size != self._usual:  # a raised figure is not the middle one of three
            y, size = sorted(map(self._glance, (first, middle, last)), key=_size)[1]
            self._usual = size
        line = Line(text.replace("\xad", ""), "", y, size)
        if len(text) <= _LONGEST_BOLD and y is not None:
            line.bold = self._bold(first) and self._bold(last)
            line.cells = line.bold and self._in_cells(text, first, size)
        return line

    def _units(self, text: str) -> int:
        """The length as pdfium counts it, in UTF-16."""
        return len(text) if self._narrow else len(text.encode("utf-16-le", "surrogatepass")) // 2

    def _index(self, place: int) -> int:
        """pdfium's number of the character that stands at `place` in the text."""
        if self._whole:
            return place
        return int(self._raw.FPDFText_GetCharIndexFromTextIndex(self._page, place))

    def _glance(self, place: int) -> tuple[float | None, float]:
        """What `_measure` would say, by a character of the same look that it has measured."""
        known = self._alike.get(self._look(self._index(place)))
        return (self._box.bottom + known[0], known[1]) if known else self._measure(place)

    def _look(self, index: int) -> tuple[float, float]:
        """The height of its box, which depends on font and scale, and its size before scaling."""
        self._raw.FPDFText_GetLooseCharBox(self._page, index, self._box)
        height = round(self._box.top - self._box.bottom, 2)
        return height, self._raw.FPDFText_GetFontSize(self._page, index)

    def _measure(self, place: int) -> tuple[float | None, float]:
        """The baseline, None where it is not horizontal, and the size, of a character."""
        raw, page, m = self._raw, self._page, self._matrix
        index = self._index(place)
        known = raw.FPDFText_GetCharOrigin(page, index, self._x, self._y)
        if not known or not raw.FPDFText_GetMatrix(page, index, m) or abs(m.b) > 0.1 * abs(m.a):
            return None, 0.0
        look = self._look(index)
        size = round(look[1] * hypot(m.c, m.d), 1)
        self._alike[look] = self._y.value - self._box.bottom, size
        return self._y.value, size

    def _in_cells(self, text: str, first: int, size: float) -> bool:
        for space in _SPACE.finditer(text):
            if space.start() < 8 and _LABEL.match(text):
                continue  # a number, and a tab before its heading
            place = first + self._units(text[: space.start()])
            if self._edges(place + 1)[0] - self._edges(place - 1)[1] > 0.7 * size:
                return True
        return False

    def _edges(self, place: int) -> tuple[float, float]:
        left, right = ctypes.c_double(), ctypes.c_double()
        index = self._index(place)
        self._raw.FPDFText_GetCharBox(self._page, index, left, right, self._y, self._y)
        return left.value, right.value

    def _bold(self, place: int) -> bool:
        index = self._index(place)
        self._raw.FPDFText_GetFontInfo(self._page, index, self._font, 100, self._flags)
        return bool(_BOLD.search(self._font.value))


def _cut(text: str, end: str) -> str:
    """The mark of the hyphen that a line is cut with. At the end of a page pdfium leaves it alone."""
    if text[-1] == "\xad":
        return "\xad"
    if not end:
        return _HYPHEN if text[-1] == _HYPHEN and text[-2:-1].isalpha() else ""
    return end if end in _WORD_GOES_ON else ""


def _size(measure: tuple[float | None, float]) -> float:
    return measure[1]
