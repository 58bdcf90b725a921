from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from domain.shared.errors import Malformed, TooLarge, Unsupported
from domain.shared.ids import FileId, UserId

StorageKey = NewType("StorageKey", str)

MIB = 1024 * 1024


class Purpose(StrEnum):
    DOCUMENT = "document"

    @property
    def limit(self) -> int:
        """The most bytes a file of this purpose may have."""
        return {Purpose.DOCUMENT: 50 * MIB}[self]


class EmptyFile(Malformed): ...


class UnnamedFile(Malformed): ...


class FileTooLarge(TooLarge): ...


class UnsupportedFile(Unsupported): ...


def original_name(text: str | None) -> str:
    """The name a user's own machine gave the file: only ever shown, never a path of ours."""
    name = "".join(c for c in (text or "").replace("\\", "/").split("/")[-1] if c.isprintable())
    if not name.strip():
        raise UnnamedFile("the file has no name")
    return name.strip()[-255:]


@dataclass(slots=True, kw_only=True)
class StoredFile:
    """Bytes that are already in storage: a row always has them."""

    id: FileId
    user_id: UserId
    purpose: Purpose
    original_name: str
    storage_key: StorageKey
    media_type: str
    size: int
    sha256: str
    created_at: datetime
