"""Texts of OpenDocument."""

from adapters.extraction.package import Package, tag
from adapters.extraction.pages import ENCRYPTED, Extracted, Unreadable
from adapters.extraction.properties import Properties, properties
from adapters.extraction.structure import read_structure

_MEDIA_TYPE = "application/vnd.oasis.opendocument.text"


def read_odt(data: bytes) -> Extracted:
    package = Package(data, "content.xml")
    manifest = package.optional("META-INF/manifest.xml")
    if any(tag(one) == "encryption-data" for one in manifest.iter()):
        raise Unreadable("encrypted", ENCRYPTED)
    package.optional("content.xml")  # xberg ends at the first fault, and says nothing
    return Extracted(read_structure(data, _MEDIA_TYPE).pages, _properties(package))


def _properties(package: Package) -> Properties:
    said = {tag(one): one.text for one in package.optional("meta.xml").iter()}
    return properties(
        title=said.get("title"),
        author=said.get("initial-creator") or said.get("creator"),
        language=said.get("language"),
        authored_at=said.get("creation-date"),
        modified_at=said.get("date"),
    )
