"""The container of Office 97-2003, which is also that of encrypted documents."""

from typing import Any

import olefile  # type: ignore[import-untyped]

from adapters.extraction.pages import BROKEN, Unreadable
from adapters.extraction.properties import Properties, properties

_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")


class Ole:
    def __init__(self, data: bytes) -> None:
        if not self.begins(data):
            raise Unreadable("corrupt", BROKEN)
        try:
            self._file: Any = olefile.OleFileIO(data)
        except Exception:
            raise Unreadable("corrupt", BROKEN) from None

    @staticmethod
    def begins(data: bytes) -> bool:
        return data.startswith(_MAGIC)

    def has(self, stream: str) -> bool:
        return bool(self._file.exists(stream))

    def read(self, stream: str) -> bytes:
        try:
            return bytes(self._file.openstream(stream).read())
        except Exception:
            raise Unreadable("corrupt", BROKEN) from None

    def properties(self) -> Properties:
        """Words are in the code page that the document names."""
        try:
            said = self._file.get_metadata()
        except Exception:  # what it says of itself is no reason not to read it
            return Properties()
        page = f"cp{said.codepage}" if said.codepage != 65001 else "utf-8"
        return properties(
            title=_text(said.title, page),
            author=_text(said.author, page),
            authored_at=_date(said.create_time),
            modified_at=_date(said.last_saved_time),
        )


def _text(said: bytes | None, code_page: str) -> str | None:
    try:
        return said.decode(code_page, "replace") if said else None
    except LookupError:
        return said.decode("cp1252", "replace") if said else None


def _date(said: Any) -> str | None:
    return said.isoformat() if said else None
