"""What a file is, by its own bytes: `head` and `tail` of them are looked at."""

import re
import struct
from collections.abc import Callable, Iterator

from domain.files.file import (
    DOC,
    DOCX,
    EPUB,
    HTML,
    IMAGES,
    ODT,
    PDF,
    PPTX,
    RTF,
    XLSX,
    Purpose,
    is_image,
    mislabelled,
    named_type,
)

_ZIP = b"PK\x03\x04"
_ZIP_ENTRY = b"PK\x01\x02"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_PARTS = {
    DOCX: b"word/",
    PPTX: b"ppt/",
    XLSX: b"xl/",
    ODT: b"content.xml",
    EPUB: b"META-INF/container.xml",
}
_STREAMS = {
    name.encode("utf-16-le"): kind
    for name, kind in (("WordDocument", DOC), ("Workbook", None), ("PowerPoint Document", None))
}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_RTF = b"{\\rtf"
_WEB = re.compile(rb"<(?:!doctype html|html|head|body|title|meta|div|p|h[1-6]|table)\b", re.I)

type IsBinary = Callable[[bytes], bool]


def content_type(name: str, purpose: Purpose, head: bytes, tail: bytes, is_binary: IsBinary) -> str:
    """The media type that the name promises and the bytes keep. `is_binary` knows from their start
    what no text begins with. Raises UnsupportedFile."""
    media_type = named_type(name, purpose)
    if not _agrees(media_type, head, tail, is_binary):
        raise mislabelled(name)
    return media_type


def _agrees(media_type: str, head: bytes, tail: bytes, is_binary: IsBinary) -> bool:
    if media_type in IMAGES.values():
        return is_image(media_type, head)
    if media_type == PDF:
        return b"%PDF-" in head[:1024]  # mail and scanners put things before it
    if head.startswith(_OLE):
        return _fits_ole(media_type, head + tail)
    if media_type in _PARTS:
        return head.startswith(_ZIP) and _holds(media_type, head, tail)
    if media_type == RTF:
        return head.lstrip().startswith(_RTF)
    if media_type == DOC or not _is_text(head, is_binary):
        return False
    return media_type != HTML or bool(_WEB.search(head.replace(b"\0", b"")))


def _fits_ole(media_type: str, seen: bytes) -> bool:
    """Office encrypts into such a file too; extraction is who can say so. Its directory, which has
    the names, may lie where nobody looked."""
    kinds = [kind for name, kind in _STREAMS.items() if name in seen]
    if media_type == DOC:
        return not kinds or DOC in kinds
    return media_type in (DOCX, PPTX, XLSX) and not kinds


def _holds(media_type: str, head: bytes, tail: bytes) -> bool:
    if media_type in (ODT, EPUB) and (declared := _declared(head)):
        return declared.startswith(media_type.encode())
    return any(name.startswith(_PARTS[media_type]) for name in _names_in_zip(tail))


def _declared(head: bytes) -> bytes:
    """What the first file of the archive says that the archive is."""
    name, extra = struct.unpack_from("<HH", head.ljust(30, b"\0"), 26)
    start = 30 + name + extra
    return head[start : start + 100] if head[30:38] == b"mimetype" else b""


def _names_in_zip(tail: bytes) -> Iterator[bytes]:
    """The names in as much of the zip's directory as `tail` has."""
    at = tail.find(_ZIP_ENTRY)
    while at >= 0 and at + 46 <= len(tail):
        (length,) = struct.unpack_from("<H", tail, at + 28)
        yield tail[at + 46 : at + 46 + length]
        at = tail.find(_ZIP_ENTRY, at + 46 + length)


def _is_text(head: bytes, is_binary: IsBinary) -> bool:
    if head.startswith(_UTF_16):
        return True
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    marked = start.startswith((b"%PDF-", _RTF))
    return b"\0" not in head and not marked and not is_binary(head)
