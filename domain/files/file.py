from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import PurePath
from typing import NewType

from domain.shared.errors import Malformed, TooLarge, Unsupported
from domain.shared.ids import FileId, UserId

StorageKey = NewType("StorageKey", str)

MIB = 1024 * 1024

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MEDIA_TYPES = {  # by extension, what may be uploaded
    ".pdf": PDF,
    ".docx": DOCX,
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
}


class Purpose(StrEnum):
    DOCUMENT = "document"

    @property
    def limit(self) -> int:
        """The most bytes a file of this purpose may have."""
        return {Purpose.DOCUMENT: 50 * MIB}[self]


class EmptyFile(Malformed): ...


class UnnamedFile(Malformed): ...


class InvalidFileName(Malformed): ...


class FileTooLarge(TooLarge): ...


class UnsupportedFile(Unsupported): ...


def file_too_large(purpose: Purpose) -> FileTooLarge:
    return FileTooLarge(f"a {purpose} may have {purpose.limit // MIB} MiB")


def original_name(text: str | None) -> str:
    """The name a user's own machine gave the file: only ever shown, never a path of ours.
    Raises UnnamedFile, InvalidFileName."""
    if "\0" in (text or ""):
        raise InvalidFileName("the file's name has a NUL in it")
    name = "".join(c for c in (text or "").replace("\\", "/").split("/")[-1] if c.isprintable())
    if not name.strip():
        raise UnnamedFile("the file has no name: send it with one, as the `filename` of its part")
    return name.strip()[-255:]


def named_type(name: str) -> str:
    """The media type that a file's name promises. Raises UnsupportedFile."""
    suffix = PurePath(name).suffix.lower()
    if suffix not in MEDIA_TYPES:
        read = ", ".join(MEDIA_TYPES)
        found = f"not {suffix}" if suffix else f"and {name} has no extension"
        raise UnsupportedFile(f"we read {read}, {found}")
    return MEDIA_TYPES[suffix]


def extension(media_type: str) -> str:
    """`md` for Markdown: the first that MEDIA_TYPES has for it, without its dot."""
    return next(e for e, kind in MEDIA_TYPES.items() if kind == media_type).removeprefix(".")


def mislabelled(name: str) -> UnsupportedFile:
    """For a file whose name says one thing, and its bytes another."""
    suffix = PurePath(name).suffix.lower()
    return UnsupportedFile(f"{name} is not a {suffix} file, whatever its name says")


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
