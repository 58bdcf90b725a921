"""Documents of Word 97-2003."""

import struct

from adapters.extraction.ole import Ole
from adapters.extraction.pages import BROKEN, ENCRYPTED, Extracted, Heading, Page, Unreadable
from adapters.extraction.structure import read_structure

_MEDIA_TYPE = "application/msword"
_STREAM = "WordDocument"
_MAGIC, _WORD_97 = 0xA5EC, 105
_ENCRYPTED = 0x0100  # of the flags at 10
_OTHER = "there is no Word document in it: see what opens it"
_OLDER = "it is of Word 95 or older: save it as .docx and upload that"


def read_doc(data: bytes) -> Extracted:
    ole = Ole(data)
    if ole.has("EncryptedPackage"):
        raise Unreadable("encrypted", ENCRYPTED)
    if not ole.has(_STREAM):
        raise Unreadable("unsupported", _OTHER)
    _check(ole.read(_STREAM))
    pages = read_structure(data, _MEDIA_TYPE).pages
    return Extracted([_rows_apart(page) for page in pages], ole.properties())


def _check(stream: bytes) -> None:
    """What xberg would only call broken."""
    if len(stream) < 12:
        raise Unreadable("corrupt", BROKEN)
    magic, version, flags = struct.unpack_from("<HH6xH", stream)
    if magic != _MAGIC:
        raise Unreadable("corrupt", BROKEN)
    if version < _WORD_97:
        raise Unreadable("unsupported", _OLDER)
    if flags & _ENCRYPTED:
        raise Unreadable("encrypted", ENCRYPTED)


def _rows_apart(page: Page) -> Page:
    """xberg puts a table on one line, and two tabs where a row ends."""
    levels = {heading.line: heading.level for heading in page.headings}
    lines: list[str] = []
    headings = []
    for number, line in enumerate(page.text.split("\n")):
        if number in levels:
            headings.append(Heading(len(lines), levels[number]))
        lines += line.split("\t\t")
    return Page("\n".join(lines), headings)
