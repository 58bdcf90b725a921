import puremagic

from domain.files.content import content_type
from domain.files.file import Purpose

_WRITTEN_AS_TEXT = ("text/", "message/", "application/json", "application/xml", "application/mbox")


class PuremagicSniffer:
    def media_type(self, name: str, purpose: Purpose, head: bytes, tail: bytes) -> str:
        return content_type(name, purpose, head, tail, _is_binary)


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
