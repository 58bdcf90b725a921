import re
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
DOC = "application/msword"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"
EPUB = "application/epub+zip"
RTF = "application/rtf"
HTML = "text/html"
CSV = "text/csv"
MEDIA_TYPES = {  # by extension, what can be read
    ".pdf": PDF,
    ".docx": DOCX,
    ".doc": DOC,
    ".odt": ODT,
    ".rtf": RTF,
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": HTML,
    ".htm": HTML,
    ".csv": CSV,
    ".epub": EPUB,
    ".pptx": PPTX,
    ".xlsx": XLSX,
}


IMAGES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
}
_SIGNATURES = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "image/gif": re.compile(rb"GIF8[79]a"),
}


class Purpose(StrEnum):
    DOCUMENT = "document"
    RESUME = "resume"
    AVATAR = "avatar"

    @property
    def limit(self) -> int:
        """The most bytes a file of this purpose may have."""
        return 50 * MIB if self is Purpose.DOCUMENT else 10 * MIB

    @property
    def media_types(self) -> dict[str, str]:
        """By extension, what a file of this purpose may be."""
        return IMAGES if self is Purpose.AVATAR else MEDIA_TYPES


_A = {
    Purpose.DOCUMENT: "a document",
    Purpose.RESUME: "a resume",
    Purpose.AVATAR: "an avatar",
}


class EmptyFile(Malformed): ...


class UnnamedFile(Malformed): ...


class InvalidFileName(Malformed): ...


class FileTooLarge(TooLarge): ...


class UnsupportedFile(Unsupported): ...


def file_too_large(purpose: Purpose) -> FileTooLarge:
    return FileTooLarge(f"{_A[purpose]} may have {purpose.limit // MIB} MiB")


def original_name(text: str | None) -> str:
    """The name a user's own machine gave the file: only ever shown, never a path of ours.
    Raises UnnamedFile, InvalidFileName."""
    if "\0" in (text or ""):
        raise InvalidFileName("the file's name has a NUL in it")
    name = "".join(c for c in (text or "").replace("\\", "/").split("/")[-1] if c.isprintable())
    if not name.strip():
        raise UnnamedFile("the file has no name: send it with one, as the `filename` of its part")
    return name.strip()[-255:]


def named_type(name: str, purpose: Purpose) -> str:
    """The media type that a file's name promises. Raises UnsupportedFile."""
    suffix = PurePath(name).suffix.lower()
    if suffix not in purpose.media_types:
        taken = ", ".join(purpose.media_types)
        found = f"not {suffix}" if suffix else f"and {name} has no extension"
        raise UnsupportedFile(f"{_A[purpose]} is {taken}, {found}")
    return purpose.media_types[suffix]


def is_image(media_type: str, head: bytes) -> bool:
    """Whether that is how an image of this type begins."""
    return _SIGNATURES[media_type].match(head) is not None


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
