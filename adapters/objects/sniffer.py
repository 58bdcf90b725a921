import struct
from collections.abc import Iterator

import puremagic

from domain.files.file import DOCX, IMAGES, PDF, Purpose, is_image, mislabelled, named_type

_ZIP = b"PK\x03\x04"
_ZIP_ENTRY = b"PK\x01\x02"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_WRITTEN_AS_TEXT = ("text/", "message/", "application/json", "application/xml", "application/mbox")


class PuremagicSniffer:
    def media_type(self, name: str, purpose: Purpose, head: bytes, tail: bytes) -> str:
        media_type = named_type(name, purpose)
        if not _agrees(media_type, head, tail):
            raise mislabelled(name)
        return media_type


def _agrees(media_type: str, head: bytes, tail: bytes) -> bool:
    if media_type in IMAGES.values():
        return is_image(media_type, head)
    if media_type == PDF:
        return b"%PDF-" in head[:1024]  # mail and scanners put things before it
    if media_type == DOCX:
        # Word encrypts into an OLE file; extraction is who can say so.
        return head.startswith(_OLE) or (head.startswith(_ZIP) and _holds_word(tail))
    return _is_text(head)


def _holds_word(tail: bytes) -> bool:
    return any(name.startswith(b"word/") for name in _names_in_zip(tail))


def _names_in_zip(tail: bytes) -> Iterator[bytes]:
    """The names in as much of the zip's directory as `tail` has."""
    at = tail.find(_ZIP_ENTRY)
    while at >= 0 and at + 46 <= len(tail):
        (length,) = struct.unpack_from("<H", tail, at + 28)
        yield tail[at + 46 : at + 46 + length]
        at = tail.find(_ZIP_ENTRY, at + 46 + length)


def _is_text(head: bytes) -> bool:
    if head.startswith(_UTF_16):
        return True
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return b"\0" not in head and not start.startswith(b"%PDF-") and not _is_binary(head)


def _is_binary(head: bytes) -> bool:
    """Words may begin like a file of some other kind: fewer than four bytes prove nothing."""
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):  # nothing it knows, or nothing at all
        return False
    return any(
        len(match.byte_match or b"") >= 4
        and match.mime_type
        and not match.mime_type.startswith(_WRITTEN_AS_TEXT)
        and not match.mime_type.endswith("+xml")
        for match in matches[:1]
    )
