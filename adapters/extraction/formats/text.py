"""Plain text, and the bytes of everything that is written as text."""

import contextlib
import re

from adapters.extraction.pages import MAX_PAGES, Budget, Extracted, Page, Unreadable

_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def read_text(data: bytes) -> Extracted:
    """A form feed begins a page."""
    text = decoded(data)
    Budget().spend(len(text))
    pages = [Page(page) for page in text.split("\f")]
    return Extracted(pages if len(pages) <= MAX_PAGES else [Page(text)])


def decoded(data: bytes, declared: str | None = None) -> str:
    """In the encoding its first bytes tell, or the `declared` one, or UTF-8, or what Windows wrote
    before. Raises Unreadable."""
    marked = next((c for mark, c in _BYTE_ORDER_MARKS.items() if data.startswith(mark)), None)
    for encoding in (marked,) if marked else (declared or "utf-8", "utf-8", "cp1252"):
        with contextlib.suppress(UnicodeError, LookupError):
            text = data.decode(encoding)
            if "\0" not in text and len(_CONTROL.findall(text)) <= len(text) // 100:
                return text
    raise Unreadable("corrupt", "it is not text: save it as UTF-8 and upload that")
