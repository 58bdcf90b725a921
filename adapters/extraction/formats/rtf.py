"""Rich Text Format.

Not by xberg, which takes running heads and feet for text, and knows neither pages nor the headings
that style sheets tell.
"""

import re
from copy import copy
from dataclasses import dataclass

from adapters.extraction.pages import (
    BROKEN,
    MAX_PAGES,
    Budget,
    Extracted,
    Lines,
    Unreadable,
    too_many_pages,
)
from adapters.extraction.properties import properties

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})?[ ]?"  # 1, 2: a control word and its number
    rb"|\\'([0-9a-fA-F]{2})"  # 3: a byte
    rb"|\\(.)"  # 4: a control symbol
    rb"|([{}])"  # 5: a group
    rb"|[\r\n\0]+"
    rb"|([^\\{}\r\n\0]+)",  # 6: text
    re.DOTALL,
)
_HEADING = re.compile(r"heading ([1-9]);?$", re.IGNORECASE)  # the name of a style
_DEEPEST = 10_000  # groups in each other
_SIGNS = {
    "tab": "\t", "line": "\n", "softline": "\n", "emdash": "—", "endash": "–", "bullet": "•",
    "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "emspace": " ",
    "enspace": " ", "qmspace": " ", "~": "\xa0", "_": "\u2011",
}  # fmt: skip
_NOT_TEXT = {
    "annotation", "atnauthor", "atndate", "atnid", "atnref", "author", "background", "bkmkend",
    "bkmkstart", "blipuid", "buptim", "colorschememapping", "colortbl", "comment", "company",
    "creatim", "datafield", "datastore", "docvar", "filetbl", "fldinst", "fontemb", "fontfile",
    "footer", "footerf", "footerl", "footerr", "ftncn", "ftnsep", "ftnsepc", "generator",
    "header", "headerf", "headerl", "headerr", "info", "keywords", "latentstyles",
    "listoverridetable", "listpicture", "listtable", "manager", "mmath", "nonshppict",
    "objclass", "objdata", "object", "operator", "pict", "pntxta", "pntxtb", "printim",
    "private", "propname", "result", "revtbl", "revtim", "rsidtbl", "rxe", "shpinst",
    "stylesheet", "subject", "tc", "template", "themedata", "title", "userprops", "xe",
    "xmlnstbl",
}  # fmt: skip
_KEPT = {"fonttbl", "stylesheet", "info", "title", "author", "creatim", "revtim"}  # or looked at
_CODE_PAGES = {
    77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "big5",
    161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257",
    204: "cp1251", 222: "cp874", 238: "cp1250",
}  # fmt: skip


@dataclass(slots=True)
class _State:
    """What a group inherits from the one around it."""

    destination: str = ""  # empty: the text of the document
    hidden: bool = False
    skip: int = 1  # how many characters stand in for one of Unicode
    font: int = 0
    level: int | None = None  # of a heading
    in_table: bool = False


def read_rtf(data: bytes) -> Extracted:
    if not data.lstrip().startswith(b"{\\rtf"):
        raise Unreadable("corrupt", BROKEN)
    reader = _Reader(data)
    reader.read()
    said = reader.said
    return Extracted(
        [page.page() for page in reader.pages],
        properties(
            title=said.get("title"),
            author=said.get("author"),
            authored_at=reader.date("creatim"),
            modified_at=reader.date("revtim"),
        ),
    )


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._state = _State()
        self._stack: list[_State] = []
        self._budget = Budget()
        self._code_page = "cp1252"
        self._fonts: dict[int, str] = {}
        self._levels: dict[int, int] = {}  # of headings, by style
        self._style = 0
        self._starred = False
        self._skip = 0
        self._bytes = bytearray()  # two of them may be one character
        self._high = ""  # half of a character
        self._text: list[str] = []
        self._label: list[str] = []  # of a list's item
        self._row: list[str] = []
        self._rows: list[list[str]] = []
        self._dates: dict[str, dict[str, int]] = {}
        self.said: dict[str, str] = {}
        self.pages = [Lines()]

    def read(self) -> None:
        at = 0
        while found := _TOKEN.match(self._data, at):
            at = found.end()
            word, number, byte, symbol, brace, text = found.groups()
            if byte:
                self._add_bytes(bytes([int(byte, 16)]))
                continue
            if text:
                self._add_bytes(text)
                continue
            self._decode()
            if brace:
                self._group(brace)
            elif symbol:
                self._symbol(symbol.decode("latin-1"))
            elif word == b"bin":
                at += max(0, int(number or 0))
            elif word:
                self._word(word.decode(), int(number) if number else None)
        self._decode()
        self._end_paragraph()
        self._end_table()

    def date(self, name: str) -> str | None:
        d = self._dates.get(name, {})
        if "yr" not in d:
            return None
        day = f"{d['yr']:04}-{d.get('mo', 1):02}-{d.get('dy', 1):02}"
        return f"{day}T{d.get('hr', 0):02}:{d.get('min', 0):02}:{d.get('sec', 0):02}"

    def _group(self, brace: bytes) -> None:
        self._skip = 0
        if brace == b"{":
            if len(self._stack) > _DEEPEST:
                raise Unreadable("corrupt", f"its groups are nested more than {_DEEPEST:,} deep")
            self._stack.append(copy(self._state))
        elif self._stack:
            self._state = self._stack.pop()

    def _symbol(self, symbol: str) -> None:
        if symbol == "*":
            self._starred = True
        elif symbol in "\r\n":
            self._end_paragraph()
        elif symbol in _SIGNS or symbol in "\\{}":
            self._add(_SIGNS.get(symbol, symbol))

    def _word(self, word: str, number: int | None) -> None:
        state, starred = self._state, self._starred
        self._starred = False
        if word == "u" and number is not None:
            self._add_unicode(number % 0x10000)
        elif word in _NOT_TEXT or word in _KEPT:
            state.destination = word
        elif starred and word != "shptxt":
            state.destination = "unknown"
        elif word in ("listtext", "pntext"):
            state.destination = "label"
        elif state.destination in ("creatim", "revtim") and number is not None:
            self._dates.setdefault(state.destination, {})[word] = number
        elif word in _SIGNS:
            self._add(_SIGNS[word])
        else:
            self._format(word, number)

    def _format(self, word: str, number: int | None) -> None:
        state = self._state
        match word:
            case "uc":
                state.skip = max(0, number or 0)
            case "ansicpg":
                self._code_page = f"cp{number}"
            case "f":
                state.font = number or 0
            case "fcharset" if state.destination == "fonttbl":
                self._fonts[state.font] = _CODE_PAGES.get(number or 0, "")
            case "v" | "deleted":
                state.hidden = number != 0
            case "plain":
                state.hidden = False
            case "pard":
                state.level, state.in_table = None, False
            case "intbl":
                state.in_table = True
            case "s":
                self._style = number or 0
                state.level = self._levels.get(self._style)
            case "outlinelevel" if state.destination == "stylesheet":
                if (number or 0) < 9:
                    self._levels[self._style] = (number or 0) + 1
            case "outlinelevel":
                state.level = number + 1 if number is not None and number < 9 else None
            case _ if not state.destination:
                self._break(word)

    def _break(self, word: str) -> None:
        match word:
            case "par" | "sect":
                self._end_paragraph()
            case "cell" | "nestcell":
                self._row.append(self._taken())
            case "row" | "nestrow":
                self._rows.append(self._row)
                self._row = []
            case "page" | "pagebb":
                self._end_paragraph()
                self._end_table()
                if len(self.pages) == MAX_PAGES:
                    raise too_many_pages()
                self.pages.append(Lines())

    def _end_paragraph(self) -> None:
        if self._state.in_table:
            self._text.append(" ")
            return
        label = "".join(self._label).strip()
        self._label = []
        text = self._taken()
        if not text:
            return
        self._end_table()
        page, level = self.pages[-1], self._state.level
        numbered = any(c.isalnum() for c in label)
        if level is not None:
            page.heading(f"{label} {text}" if numbered else text, min(level, 6))
        elif label and not numbered:
            page.item(text)
        else:
            page.block(f"{label} {text}" if label else text)

    def _end_table(self) -> None:
        self.pages[-1].table(self._rows)
        self._rows = []

    def _taken(self) -> str:
        text = "".join(self._text).strip()
        self._text = []
        return text

    def _add(self, text: str) -> None:
        """To the text, or to whatever else this is a part of."""
        if self._skip:
            dropped = min(self._skip, len(text))
            self._skip -= dropped
            text = text[dropped:]
        destination = self._state.destination
        if destination == "stylesheet":
            if named := _HEADING.match(text.strip()):
                self._levels[self._style] = int(named[1])
        elif destination in ("title", "author"):
            self.said[destination] = self.said.get(destination, "") + text
        elif destination == "label":
            self._label.append(text)
        elif not destination and not self._state.hidden:
            self._budget.spend(len(text))
            self._text.append(text)

    def _add_unicode(self, number: int) -> None:
        unit = chr(number)
        if 0xD800 <= number < 0xDC00:
            self._high = unit
        elif 0xDC00 <= number < 0xE000:
            pair = (self._high + unit).encode("utf-16-le", "surrogatepass")
            self._add(pair.decode("utf-16-le", "replace"))
            self._high = ""
        else:
            self._add(unit)
        self._skip = self._state.skip

    def _add_bytes(self, data: bytes) -> None:
        """`skip` counts bytes, however they are written."""
        dropped = min(self._skip, len(data))
        self._skip -= dropped
        self._bytes += data[dropped:]

    def _decode(self) -> None:
        if not self._bytes:
            return
        data = bytes(self._bytes)
        self._bytes.clear()
        page = self._fonts.get(self._state.font) or self._code_page
        try:
            self._add(data.decode(page, "replace"))
        except LookupError:
            self._add(data.decode("cp1252", "replace"))
