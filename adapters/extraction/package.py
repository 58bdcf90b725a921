"""Documents that are zip archives: of Office, OpenDocument, EPUB. Nothing outside of them is opened."""

import io
import posixpath
import zipfile
import zlib
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.parsers import expat

from adapters.extraction.ole import Ole
from adapters.extraction.pages import BROKEN, ENCRYPTED, MAX_UNPACKED, Unreadable
from adapters.extraction.properties import Properties, properties

_MOST_PARTS = 10_000
_DEEPEST = 1_000  # elements in each other: our readers and xberg go down one call for each
_BROKEN_PACKAGE = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    ElementTree.ParseError,
    ValueError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
)


class Package:
    """The parts of a document, by their names."""

    def __init__(self, data: bytes, main: str) -> None:
        """`main` is the part without which it is no such document."""
        _check_not_encrypted(data)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _BROKEN_PACKAGE:
            raise Unreadable("corrupt", BROKEN) from None
        parts = self._zip.infolist()
        if any(part.flag_bits & 1 for part in parts):
            raise Unreadable("encrypted", ENCRYPTED)
        # By the directory, which `zipfile` then does not read beyond.
        if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise Unreadable("too_large", f"it unpacks to more than {MAX_UNPACKED >> 20} MiB")
        self.names = [part.filename for part in parts]
        if main not in self.names:
            raise Unreadable("corrupt", f"there is no {main} in it: see if it opens")

    def read(self, name: str) -> bytes:
        try:
            return self._zip.read(name)
        except _BROKEN_PACKAGE:
            raise Unreadable("corrupt", BROKEN) from None

    def xml(self, name: str) -> Element:
        xml = self.read(name)
        check_xml(xml)
        return ElementTree.fromstring(xml)  # noqa: S314  it declares no entities

    def optional(self, name: str) -> Element:
        """An element without children where there is no such part."""
        return self.xml(name) if name in self.names else Element("none")

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """The parts that an Office part refers to, by id: the kind of each, and its name."""
        folder, file = posixpath.split(name)
        found = {}
        for one in self.optional(f"{folder}/_rels/{file}.rels"):
            target = posixpath.join(folder, one.get("Target", ""))
            if one.get("TargetMode") != "External":
                kind = one.get("Type", "").rpartition("/")[2]
                found[one.get("Id", "")] = kind, posixpath.normpath(target).lstrip("/")
        return found

    def office_properties(self) -> Properties:
        said = {tag(one): one.text for one in self.optional("docProps/core.xml")}
        return properties(
            title=said.get("title"),
            author=said.get("creator"),
            language=said.get("language"),
            authored_at=said.get("created"),
            modified_at=said.get("modified"),
        )


def check_xml(xml: bytes) -> None:
    """Whole, of sane depth and without entities of its own, which might be bombs."""
    depth = 0

    def deeper(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise Unreadable("corrupt", f"its elements are nested more than {_DEEPEST:,} deep")

    def back(*_: object) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: object) -> None:
        raise Unreadable("corrupt", "a document may not declare entities")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = deeper, back
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(xml, True)
    except _BROKEN_PACKAGE:
        raise Unreadable("corrupt", BROKEN) from None


def tag(element: Element) -> str:
    """Its name, without the namespace."""
    return str(element.tag).rpartition("}")[2]


def _check_not_encrypted(data: bytes) -> None:
    """Office encrypts a package into an OLE file."""
    if Ole.begins(data):
        if Ole(data).has("EncryptedPackage"):
            raise Unreadable("encrypted", ENCRYPTED)
        raise Unreadable("unsupported", "it is a document of Office 97-2003, by another name")
