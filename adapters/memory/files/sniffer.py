import re

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
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_PARTS = {
    DOCX: b"word/document",
    PPTX: b"ppt/presentation",
    XLSX: b"xl/workbook",
    ODT: b"content.xml",
    EPUB: b"META-INF/container.xml",
}
_STREAMS = [
    name.encode("utf-16-le") for name in ("WordDocument", "Workbook", "PowerPoint Document")
]
_DECLARED = re.compile(rb"PK\x03\x04.{22}\x08\0..mimetype([\w./+-]+)", re.DOTALL)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_NOT_TEXT = (b"%PDF-", b"%!PS", b"{\\rtf", b"GIF87a", b"GIF89a", b"\x89PNG", b"\xff\xd8\xff")
_CONTROL = set(range(9))
_WEB = re.compile(rb"<(?:!doctype html|html|head|body|title|meta|div|p|h[1-6]|table)\b", re.I)


class PlainSniffer:
    """Knows by heart the few types that matter, where no library is at hand."""

    def media_type(self, name: str, purpose: Purpose, head: bytes, tail: bytes) -> str:
        media_type = named_type(name, purpose)
        if not _agrees(media_type, head, tail):
            raise mislabelled(name)
        return media_type


def _agrees(media_type: str, head: bytes, tail: bytes) -> bool:
    if media_type in IMAGES.values():
        return is_image(media_type, head)
    if media_type == PDF:
        return b"%PDF-" in head[:1024]
    if media_type == DOC:
        return head.startswith(_OLE) and _streams(head + tail) in ([], _STREAMS[:1])
    if media_type in _PARTS:
        if head.startswith(_OLE):  # how Office encrypts
            return media_type in (DOCX, PPTX, XLSX) and not _streams(head + tail)
        return head.startswith(_ZIP) and _holds(media_type, head, tail)
    if media_type == RTF:
        return head.lstrip().startswith(b"{\\rtf")
    return _is_text(head) and (media_type != HTML or _is_web(head))


def _holds(media_type: str, head: bytes, tail: bytes) -> bool:
    """What the archive says of itself comes first; its directory is at its end."""
    declared = _DECLARED.match(head)
    if media_type in (ODT, EPUB) and declared:
        return declared[1].startswith(media_type.encode())
    return _PARTS[media_type] in tail


def _streams(data: bytes) -> list[bytes]:
    return [name for name in _STREAMS if name in data]


def _is_web(head: bytes) -> bool:
    return bool(_WEB.search(head.replace(b"\0", b"")))


def _is_text(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith(_UTF_16) or not (start.startswith(_NOT_TEXT) or _CONTROL & set(head))
