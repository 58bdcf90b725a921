from domain.files.file import DOCX, IMAGES, PDF, Purpose, is_image, mislabelled, named_type

_ZIP = b"PK\x03\x04"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_NOT_TEXT = (b"%PDF-", b"%!PS", b"{\\rtf", b"GIF87a", b"GIF89a", b"\x89PNG", b"\xff\xd8\xff")
_CONTROL = set(range(9))


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
    if media_type == DOCX:
        # The zip's directory is at its end; an encrypted document is an OLE file.
        return head.startswith(_OLE) or (head.startswith(_ZIP) and b"word/document" in tail)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith(_UTF_16) or not (start.startswith(_NOT_TEXT) or _CONTROL & set(head))
