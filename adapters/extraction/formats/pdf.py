"""PDF: what stands on each page, by pdfium; what it means is for `layout`."""

import ctypes
import re
from collections.abc import Callable, Iterator
from itertools import batched
from math import hypot

# Its C interface: the helpers of pypdfium2 take as long to load as a dozen pages to read.
import pypdfium2_raw.bindings as pdfium  # type: ignore[import-untyped]

from adapters.extraction.layout.hyphens import mended
from adapters.extraction.layout.line import Line
from adapters.extraction.layout.paragraphs import paragraphs
from adapters.extraction.layout.running import without_running
from adapters.extraction.pages import BROKEN, ENCRYPTED, MAX_PAGES, Budget, Extracted, Unreadable
from adapters.extraction.properties import Properties, properties

_WORD_GOES_ON = "\ufffe\x02"  # where pdfium saw a hyphen at the end of a line
_HYPHEN = "-"
_LINE_END = re.compile(rf"([\n{_WORD_GOES_ON}])")
_ODD_BREAK = re.compile(r"[\r\v\f\x85\u2028\u2029](?!(?<=\r)\n)")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_SPACE = re.compile(r"(?<=\S)\s(?=\S)")
_LABEL = re.compile(r"\S*(\d\S*|[.)])\s")
_BOLD = re.compile(rb"bold|black|heavy", re.IGNORECASE)
_LONGEST_BOLD = 80

type Look = tuple[float, float]  # the height of a box, a size before scaling
type Looks = dict[Look, tuple[float, float]]  # how far its baseline is above the box, its size

_loose_box, _font_size = pdfium.FPDFText_GetLooseCharBox, pdfium.FPDFText_GetFontSize
_font_info = pdfium.FPDFText_GetFontInfo
for _asked_often in (_loose_box, _font_size, _font_info):
    _asked_often.argtypes = None  # ctypes takes longer to check what it passes than to pass it
_index_of, _place_of = (
    pdfium.FPDFText_GetCharIndexFromTextIndex,
    pdfium.FPDFText_GetTextIndexFromCharIndex,
)
pdfium.FPDF_InitLibraryWithConfig(pdfium.FPDF_LIBRARY_CONFIG(version=2))


def read_pdf(data: bytes) -> Extracted:
    document = _opened(data)
    pages = paragraphs(mended(without_running(list(_lines(document)))))
    return Extracted(pages, _properties(document))


def _opened(data: bytes) -> object:
    """A document, as long as there is `data`."""
    document = pdfium.FPDF_LoadMemDocument64(data, len(data), None)
    pages = pdfium.FPDF_GetPageCount(document)
    if pages < 1:
        if pdfium.FPDF_GetLastError() in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise Unreadable("encrypted", ENCRYPTED)
        raise Unreadable("corrupt", BROKEN)
    if pages > MAX_PAGES:
        raise Unreadable("too_large", f"it has more than {MAX_PAGES:,} pages: split it")
    return document


def _properties(document: object) -> Properties:
    ask = pdfium.FPDF_GetMetaText
    return properties(
        title=_said(ask, document, b"Title"),
        author=_said(ask, document, b"Author"),
        language=_said(pdfium.FPDFCatalog_GetLanguage, document),
        authored_at=_said(ask, document, b"CreationDate"),
        modified_at=_said(ask, document, b"ModDate"),
    )


def _said(ask: Callable[..., int], *of: object) -> str:
    size = ask(*of, None, 0)
    buffer = (ctypes.c_ushort * size)()
    ask(*of, buffer, size)
    return bytes(buffer)[:size].decode("utf-16-le", "replace").rstrip("\0")


def _lines(document: object) -> Iterator[list[Line]]:
    budget = Budget()
    known: Looks = {}
    for number in range(pdfium.FPDF_GetPageCount(document)):
        page = pdfium.FPDF_LoadPage(document, number)
        text = page and pdfium.FPDFText_LoadPage(page)
        if not text:
            # A page left out in silence would be a wrong answer later on.
            raise Unreadable("corrupt", f"page {number + 1} is damaged: save it anew")
        lines = list(TextPage(text, known).lines())
        pdfium.FPDFText_ClosePage(text)
        pdfium.FPDF_ClosePage(page)
        budget.spend(sum(len(line.text) for line in lines))
        yield lines


class TextPage:
    """A page's text with the place and size of its lines.

    One character stands for a line, and is measured in full only when it looks like none of those
    `known`, to which it is added: asking pdfium for every character takes as long as reading them.
    """

    def __init__(self, page: object, known: Looks) -> None:
        self._page = page
        count = pdfium.FPDFText_CountChars(page)
        self._text = _ODD_BREAK.sub(" ", _text(page, count))
        self._narrow = self._text.isascii() or not _ASTRAL.search(self._text)
        self._whole = count == self._units(self._text)  # no character left out
        self._box, self._matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
        self._into_box = ctypes.byref(self._box)
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._font, self._into_flags = (
            ctypes.create_string_buffer(100),
            ctypes.byref(ctypes.c_int()),
        )
        self._usual, self._known = 0.0, known

    def lines(self) -> Iterator[Line]:
        at = 0
        for raw, end in batched([*_LINE_END.split(self._text), ""], 2):
            if text := raw.strip():
                first = at + raw.index(text[0])  # only spaces before
                line = self._line(text, first, first + self._units(text) - 1)
                line.goes_on = _cut(text, end)
                if line.goes_on == _HYPHEN:
                    line.text = line.text[:-1]
                yield line
            at += self._units(raw) + 1

    def _line(self, text: str, first: int, last: int) -> Line:
        middle = (first + last) // 2
        y, size = self._glance(middle)
        if size != self._usual:  # a raised figure is not the middle one of three
            seen = [self._glance(first), (y, size), self._glance(last)]
            y, size = sorted(seen, key=_size)[1]
            self._usual = size
        line = Line(text.replace("\xad", ""), y, size)
        if len(text) <= _LONGEST_BOLD and y is not None:
            line.bold = self._bold(first) and self._bold(last)
            line.cells = line.bold and self._in_cells(text, first, size)
        return line

    def _units(self, text: str) -> int:
        """The length as pdfium counts it, in UTF-16."""
        return len(text) if self._narrow else len(text.encode("utf-16-le", "surrogatepass")) // 2

    def _index(self, place: int) -> int:
        """pdfium's number of the character that stands at `place` in the text."""
        return place if self._whole else _index_of(self._page, place)

    def _glance(self, place: int) -> tuple[float | None, float]:
        """What `_measure` would say, by a character of the same look that it has measured."""
        index = place if self._whole else self._index(place)
        look, bottom = self._look(index)
        known = self._known.get(look)
        return (bottom + known[0], known[1]) if known else self._measure(index)

    def _look(self, index: int) -> tuple[Look, float]:
        """The height of its box, which depends on font and scale, and its size before scaling; and
        where its box begins."""
        page, box = self._page, self._box
        _loose_box(page, index, self._into_box)
        bottom = box.bottom
        return (round(box.top - bottom, 2), _font_size(page, index)), bottom

    def _measure(self, index: int) -> tuple[float | None, float]:
        """The baseline, None where it is not horizontal, and the size, of a character."""
        page, m = self._page, self._matrix
        known = pdfium.FPDFText_GetCharOrigin(page, index, self._x, self._y)
        if not known or not pdfium.FPDFText_GetMatrix(page, index, m) or abs(m.b) > 0.1 * abs(m.a):
            return None, 0.0
        look, bottom = self._look(index)
        size = round(look[1] * hypot(m.c, m.d), 1)
        self._known[look] = self._y.value - bottom, size
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
        pdfium.FPDFText_GetCharBox(self._page, index, left, right, self._y, self._y)
        return left.value, right.value

    def _bold(self, place: int) -> bool:
        index = self._index(place)
        _font_info(self._page, index, self._font, 100, self._into_flags)
        return bool(_BOLD.search(self._font.value))


def _text(page: object, count: int) -> str:
    """All of it. Characters that are not shown have no place in the text, and pdfium does not start
    or end with one."""
    first, last = 0, count - 1
    while first <= last and _place_of(page, first) < 0:
        first += 1
    while first <= last and _place_of(page, last) < 0:
        last -= 1
    if first > last:
        return ""
    buffer = (ctypes.c_ushort * (_place_of(page, last) - _place_of(page, first) + 2))()
    written = pdfium.FPDFText_GetText(page, first, last - first + 1, buffer)
    return bytes(buffer)[: 2 * (written - 1)].decode("utf-16-le", "ignore")


def _cut(text: str, end: str) -> str:
    """The mark of the hyphen that a line is cut with. At the end of a page pdfium leaves it alone."""
    if text[-1] == "\xad":
        return "\xad"
    if not end:
        return _HYPHEN if text[-1] == _HYPHEN and text[-2:-1].isalpha() else ""
    return end if end in _WORD_GOES_ON else ""


def _size(measure: tuple[float | None, float]) -> float:
    return measure[1]
