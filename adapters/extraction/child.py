"""Reads one document in a process of its own, which the document may crash, fill or hang.

`python -I child.py MEDIA_TYPE MEMORY CPU PARENT < document > result`: MEMORY in bytes, CPU in
seconds, PARENT the process id to die with. It is run by its path and imports nothing of ours, so
that it is the same file in the repository and in the wheel. The result is one JSON object:
`pages`, or `failure` (a value of domain.knowledge.document.Failure) and `detail`.
"""

import contextlib
import ctypes
import gc
import io
import json
import os
import re
import resource
import signal
import statistics
import sys
import traceback
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from math import hypot
from typing import Any, BinaryIO, NoReturn
from xml.parsers import expat

import msgspec

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TEXT = "text/plain"
MARKDOWN = "text/markdown"

MAX_PAGES = 5_000
MAX_CHARACTERS = 20_000_000
MAX_UNPACKED = 256 * 1024 * 1024  # bytes in all files of a DOCX


class Heading(msgspec.Struct):
    line: int
    level: int


class Page(msgspec.Struct):
    text: str
    headings: list[Heading] = []


class Result(msgspec.Struct, omit_defaults=True):
    pages: list[Page] = []
    failure: str | None = None
    detail: str = ""


class Unreadable(Exception):
    def __init__(self, failure: str, detail: str) -> None:
        super().__init__(detail)
        self.failure = failure
        self.detail = detail


def main() -> NoReturn:
    media_type, memory, cpu, parent = sys.argv[1], *map(int, sys.argv[2:5])
    gc.disable()  # the process ends before it would be worth it
    try:
        load_library(media_type)
        give_up_rights(memory, cpu, parent)
        result = Result(read(media_type, sys.stdin.buffer))
        output = msgspec.json.encode(result)
    except Unreadable as error:
        output = msgspec.json.encode(Result(failure=error.failure, detail=error.detail))
    except MemoryError:
        failed = Result(failure="too_large", detail="reading it takes too much memory")
        output = msgspec.json.encode(failed)
    except Exception:  # a fault of ours: told, so that it can be mended
        output = msgspec.json.encode(Result(failure="internal", detail=traceback.format_exc()))
    sys.stdout.buffer.write(output)
    sys.stdout.buffer.flush()
    os._exit(0)  # no destructor of a half-read document may turn a good result into a crash


def load_library(media_type: str) -> None:
    """Before rights are given up, so that the limits count what the document takes."""
    if media_type == PDF:
        import pypdfium2  # type: ignore[import-untyped]  # noqa: F401
    if media_type == DOCX:
        import xberg  # noqa: F401


def give_up_rights(memory: int, cpu: int, parent: int) -> None:
    os.nice(10)
    os.chdir("/")
    base = _address_space()
    _limit(resource.RLIMIT_AS, base + memory)
    _limit(resource.RLIMIT_CPU, cpu, cpu + 5)  # SIGXCPU first: it says why
    _limit(resource.RLIMIT_FSIZE, 0)  # the result goes to a pipe
    _limit(resource.RLIMIT_NOFILE, 64)
    _limit(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":
        # Some kernels and most containers refuse a namespace. Then the child keeps its network:
        # neither library has a reason to use it, but nothing stops an exploited one.
        with contextlib.suppress(OSError):
            os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)
            _limit(resource.RLIMIT_NPROC, 64)  # without a namespace it would count all the user's
        _control(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        _control(38, 1)  # PR_SET_NO_NEW_PRIVS
        if os.getppid() != parent:
            os._exit(1)  # the parent died before it could take us with it


def read(media_type: str, file: BinaryIO) -> list[Page]:
    data = file.read()
    if media_type == PDF:
        pages = read_pdf(data)
    elif media_type == DOCX:
        pages = read_docx(data)
    elif media_type in (TEXT, MARKDOWN):
        pages = read_text(data, markdown=media_type == MARKDOWN)
    else:
        raise Unreadable("unsupported", f"no reader for {media_type}")
    if not any(page.text and not page.text.isspace() for page in pages):
        raise Unreadable("no_text", "there is no text in it")
    return pages


class Budget:
    """Counts characters down to the point where no honest document would be."""

    def __init__(self) -> None:
        self.left = MAX_CHARACTERS

    def spend(self, characters: int) -> None:
        self.left -= characters
        if self.left < 0:
            raise Unreadable("too_large", f"more than {MAX_CHARACTERS:,} characters")


# Text and Markdown

_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_NEWLINE = re.compile(r"\r\n|[\r\n\v\f\x85\u2028\u2029]")  # those of domain.knowledge.text
_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+[^\s#]")
_SETEXT = re.compile(r" {0,3}(=+|-+)\s*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)$")
_NOT_A_PARAGRAPH = re.compile(r"\s*$|\s{4}|\t| {0,3}([>|]|[-*+]\s|\d+[.)]\s|<|#{1,6}\s)")


def read_text(data: bytes, *, markdown: bool) -> list[Page]:
    text = _decoded(data)
    Budget().spend(len(text))
    if markdown:
        return [Page(text, list(_markdown_headings(_NEWLINE.split(text))))]
    pages = [Page(page) for page in text.split("\f")]
    return pages if len(pages) <= MAX_PAGES else [Page(text)]


def _decoded(data: bytes) -> str:
    marked = next((c for mark, c in _BYTE_ORDER_MARKS.items() if data.startswith(mark)), None)
    for encoding in (marked,) if marked else ("utf-8", "cp1252"):
        with contextlib.suppress(UnicodeDecodeError):
            text = data.decode(encoding)
            if "\0" not in text and len(_CONTROL.findall(text)) <= len(text) // 100:
                return text
    raise Unreadable("corrupt", "it is not text")


def _markdown_headings(lines: list[str]) -> Iterator[Heading]:
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


# DOCX

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_BROKEN_PACKAGE = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    ValueError,
    EOFError,
    NotImplementedError,
)
_LOOKS = re.compile(rb"<w:(?:b|bCs|i|iCs|u|strike|dstrike)(?:\s[^<>]*)?/>")
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")


def read_docx(data: bytes) -> list[Page]:
    if data.startswith(_OLE):
        if _ENCRYPTED_PACKAGE in data:
            raise Unreadable("encrypted", "it opens only with a password")
        raise Unreadable("unsupported", "it is in the format of Word 97-2003")
    pages = [Lines()]
    budget = Budget()
    nodes = _xberg_nodes(_plain_package(data))
    titled = any(_is_title(node) for node in nodes)
    for node in nodes:
        # Running heads, feet and notes have layers of their own; only notes are the document's.
        if str(node.content_layer).lower().rsplit(".")[-1] in ("header", "footer"):
            continue
        content = json.loads(str(node.content))
        if content["node_type"] == "page_break":
            pages.append(Lines())
            continue
        if len(pages) > MAX_PAGES:
            raise Unreadable("too_large", f"more than {MAX_PAGES:,} pages")
        budget.spend(_add_node(pages[-1], content, below_title=titled and not _is_title(node)))
    return [page.page() for page in pages]


class Lines:
    """A page in the making."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.headings: list[Heading] = []

    def block(self, text: str) -> None:
        """With a blank line before."""
        if self.lines:
            self.lines.append("")
        self.lines += _NEWLINE.split(text)

    def heading(self, text: str, level: int) -> None:
        self.block(" ".join(text.split()))
        self.headings.append(Heading(len(self.lines) - 1, level))

    def page(self) -> Page:
        return Page("\n".join(self.lines), self.headings)


def _add_node(page: Lines, content: dict[str, Any], *, below_title: bool) -> int:
    """How many characters it has."""
    kind = content["node_type"]
    text = str(content.get("text") or "").strip("\n")
    if kind == "heading" and text.strip():
        page.heading(text, min(content["level"] + below_title, 6))
    elif kind == "list_item":
        # Word's own numbers are not in the text, and a number counted here might be a wrong one.
        _below(page, f"- {text}", "- ")
    elif kind == "table":
        rows = _rows(content["grid"])
        page.block("\n".join(rows))
        return sum(map(len, rows))
    elif kind not in ("group", "comment", "image", "metadata_block") and text.strip():
        page.block(text)
    return len(text)


def _below(page: Lines, text: str, mark: str) -> None:
    """The items of one list stand close together."""
    text = _NEWLINE.sub(" ", text)
    if page.lines and page.lines[-1].startswith(mark):
        page.lines.append(text)
    else:
        page.block(text)


def _rows(grid: dict[str, Any]) -> list[str]:
    rows: dict[int, list[str]] = {}
    for cell in grid["cells"]:
        rows.setdefault(cell["row"], []).append(" ".join(cell["content"].split()))
    return [f"| {' | '.join(cells)} |" for _, cells in sorted(rows.items()) if any(cells)]


def _is_title(node: Any) -> bool:
    return bool(node.attributes) and node.attributes.get("style_name") == "Title"


def _plain_package(data: bytes) -> bytes:
    """The document's words alone: xberg leaves the marks of bold and italic in the text of table
    cells, and has no need of pictures."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            _check_package(package.infolist())
            return _copied(package)
    except _BROKEN_PACKAGE:
        raise Unreadable("corrupt", "it is not a whole Word document") from None


def _check_package(files: list[zipfile.ZipInfo]) -> None:
    """By the directory, which `zipfile` then does not read beyond."""
    if any(file.flag_bits & 1 for file in files):
        raise Unreadable("encrypted", "it opens only with a password")
    if len(files) > 10_000 or sum(file.file_size for file in files) > MAX_UNPACKED:
        raise Unreadable("too_large", "it unpacks to more than is allowed")
    if "word/document.xml" not in {file.filename for file in files}:
        raise Unreadable("corrupt", "there is no Word document in it")


def _copied(package: zipfile.ZipFile) -> bytes:
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w") as plain:
        for file in package.infolist():
            if not file.filename.endswith((".xml", ".rels")):
                continue
            xml = package.read(file)
            if b"<!DOCTYPE" in xml:
                raise Unreadable("corrupt", "a Word document may not declare entities")
            expat.ParserCreate().Parse(xml, True)  # xberg ends at the first fault, and says nothing
            if file.filename.startswith("word/"):
                xml = _LOOKS.sub(b"", xml).replace(b"<w:cr/>", b"<w:br/>")
            plain.writestr(file.filename, xml)
    return copy.getvalue()


def _xberg_nodes(data: bytes) -> list[Any]:
    import asyncio

    import xberg

    source = xberg.ExtractInput(
        kind=xberg.ExtractInputKind.BYTES, bytes=data, mime_type=DOCX, filename=None, uri=None
    )
    config = xberg.ExtractionConfig(
        use_cache=False,
        disable_ocr=True,
        enable_quality_processing=False,
        include_document_structure=True,  # its plain text writes style names into headings
        security_limits=xberg.SecurityLimits(
            max_archive_size=MAX_UNPACKED, max_content_size=MAX_UNPACKED
        ),
    )

    async def extract() -> Any:
        return await xberg.extract(source, config)

    try:
        result = asyncio.run(extract())
    except (RuntimeError, xberg.XbergError) as error:
        raise _xberg_failure(str(error)) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how a bug in Rust arrives here
            raise
        raise Unreadable("corrupt", "it breaks its reader") from None
    if result.errors:
        raise _xberg_failure(str(result.errors[0].message))
    document = result.results[0].document
    return list(document.nodes) if document else []


def _xberg_failure(message: str) -> Unreadable:
    limited = re.search(r"limit|exceed|too large|too many|bomb", message, re.IGNORECASE)
    return Unreadable("too_large" if limited else "corrupt", message[:500])


# PDF

_WORD_GOES_ON = "\ufffe\x02"  # where pdfium saw a hyphen at the end of a line
_LINE_END = re.compile(rf"[\n{_WORD_GOES_ON}]")
_ODD_BREAK = re.compile(r"[\r\v\f\x85\u2028\u2029](?!(?<=\r)\n)")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_LEADERS = re.compile(r"(?:\. ?){4}")  # of a table of contents
_SPACE = re.compile(r"(?<=\S)\s(?=\S)")
_LABEL = re.compile(r"\S*(\d\S*|[.)])\s")
_BOLD = re.compile(rb"bold|black|heavy", re.IGNORECASE)
_HEADING_SIZE = 1.12  # times the body's
_PARAGRAPH_GAP = 1.15  # times the gap between lines of a paragraph
_LONGEST_HEADING = 160
_LONGEST_BOLD = 80


class Line(msgspec.Struct, gc=False):
    """A line as it stands on paper. `y` is its baseline, None where it is not horizontal."""

    text: str
    goes_on: str = ""  # the mark of the hyphen that its last word is cut with
    y: float | None = None
    size: float = 0.0
    bold: bool = False
    cells: bool = False  # words far apart: a row of a table


def read_pdf(data: bytes) -> list[Page]:
    pages = _mended(list(_pdf_lines(data)))
    body = _body_size(pages)
    spacing = _line_spacing([pair for lines in pages for pair in _gaps(lines)]) or 1.3
    headings = _Headings(pages, body, spacing)
    return [_page(lines, headings, spacing) for lines in pages]


def _pdf_lines(data: bytes) -> Iterator[list[Line]]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (4, 5):  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
            raise Unreadable("encrypted", "it opens only with a password") from None
        raise Unreadable("corrupt", "it is not a whole PDF") from None
    if len(document) > MAX_PAGES:
        raise Unreadable("too_large", f"more than {MAX_PAGES:,} pages")
    budget = Budget()
    for number in range(len(document)):
        try:
            page = document[number]
            text = page.get_textpage()
        except pypdfium2.PdfiumError:
            # A page left out in silence would be a wrong answer later on.
            raise Unreadable("corrupt", f"page {number + 1} cannot be read") from None
        lines = list(TextPage(text).lines())
        text.close()
        page.close()
        budget.spend(sum(len(line.text) for line in lines))
        yield lines


class TextPage:
    """A page's text with the place and size of its lines.

    One character stands for a line, and is measured in full only when it looks like none before: asking pdfium for every character takes as long as reading them.
    """

    def __init__(self, page: Any) -> None:
        import pypdfium2.raw  # type: ignore[import-untyped]

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
                if end and (end[0] != "\n" or text[-1] == "\xad"):
                    line.goes_on = text[-1] if text[-1] == "\xad" else end[0]
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


def _size(measure: tuple[float | None, float]) -> float:
    return measure[1]


def _mended(pages: list[list[Line]]) -> list[list[Line]]:
    """Words cut at the end of a line are whole again, on the line they began on."""
    if not any(line.goes_on for lines in pages for line in lines):
        return pages
    words = {word for lines in pages for line in lines for word in line.text.lower().split()}
    return [_with_whole_words(lines, words) for lines in pages]


def _with_whole_words(lines: list[Line], words: set[str]) -> list[Line]:
    mended: list[Line] = []
    for line in lines:
        before = mended[-1] if mended else None
        if before is not None and before.goes_on:
            head, _, line.text = line.text.partition(" ")
            before.text += _joint(before, head, words) + head
            before.goes_on = "" if line.text else line.goes_on
        if line.text:
            mended.append(line)
    return mended


def _joint(line: Line, head: str, words: set[str]) -> str:
    """Nothing, or the hyphen where it belongs to the word and not to the end of the line."""
    tail = line.text.rsplit(None, 1)[-1].lower()
    if line.goes_on == "\xad":
        return ""
    if not tail[-1].isalpha() or not head[:1].islower() or "/" in tail:
        return "-"
    first, second = re.findall(r"\w+$", tail)[0], re.findall(r"\w+", head)[0]
    if "-" in tail:  # state-of-the-art, but self-gov-erning
        return "-" if first in words else ""
    return "-" if f"{first}-{second}" in words and first + second not in words else ""


def _body_size(pages: list[list[Line]]) -> float:
    sizes = Counter[float]()
    for lines in pages:
        for line in lines:
            if line.y is not None:
                sizes[line.size] += len(line.text)
    return max(sizes, key=lambda size: sizes[size], default=0.0)


def _gaps(lines: list[Line]) -> list[float]:
    """Between neighbours of one size, as multiples of the size."""
    return [
        (above.y - below.y) / above.size
        for above, below in pairwise(lines)
        if above.y is not None and below.y is not None
        if above.size == below.size and 0 < above.y - below.y < 4 * above.size
    ]


def _line_spacing(gaps: list[float]) -> float | None:
    """The usual one; None where there is no usual one."""
    steps = Counter(round(gap * 20) for gap in gaps)
    step, times = min(steps.items(), key=lambda item: (-item[1], item[0]), default=(0, 0))
    return statistics.median(g for g in gaps if round(g * 20) == step) if times >= 3 else None


class _Headings:
    """Which lines are headings, and of what level: by their size, then by being bold and alone."""

    def __init__(self, pages: list[list[Line]], body: float, spacing: float) -> None:
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
        return named and len(line.text) < _LONGEST_HEADING and line.text not in self._running

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
        apart = at == 0 or _far(lines[at - 1], line, self._spacing)
        return apart and not (at + 1 < len(lines) and lines[at + 1].bold)


def _far(above: Line, below: Line, spacing: float) -> bool:
    """Whether more than the usual space lies between two lines."""
    if above.y is None or below.y is None:
        return False
    return above.y - below.y > _PARAGRAPH_GAP * spacing * max(above.size, below.size)


def _spacing_of(lines: list[Line], usual: float) -> float:
    """The document's, unless the page has nothing of it: a page may be set wider than the rest."""
    gaps = _gaps(lines)
    of_usual = sum(abs(gap - usual) < 0.05 * usual for gap in gaps)
    return usual if of_usual > len(gaps) / 8 else _line_spacing(gaps) or usual


def _page(lines: list[Line], headings: _Headings, spacing: float) -> Page:
    page = Lines()
    spacing = _spacing_of(lines, spacing)
    open_level: int | None = None
    for at, line in enumerate(lines):
        level = headings.level(lines, at)
        if level and level == open_level and not _far(lines[at - 1], line, 1.5):
            page.lines[-1] += f" {line.text}"  # one heading on two lines
        elif level:
            page.heading(line.text, level)
        elif at and (open_level or _far(lines[at - 1], line, spacing)):
            page.lines += ["", line.text]
        else:
            page.lines.append(line.text)
        open_level = level
    return page.page()


# The operating system


def _limit(kind: int, soft: int, hard: int | None = None) -> None:
    """Down only: what was lower already stays."""
    _, allowed = resource.getrlimit(kind)
    hard = soft if hard is None else hard
    if allowed != resource.RLIM_INFINITY:
        soft, hard = min(soft, allowed), min(hard, allowed)
    with contextlib.suppress(ValueError, OSError):  # macOS has no limit on address space
        resource.setrlimit(kind, (soft, hard))


def _address_space() -> int:
    """Bytes that the interpreter and its libraries have mapped before they see the document."""
    try:
        with open("/proc/self/statm") as pages:  # noqa: PTH123
            return int(pages.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _control(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    main()
