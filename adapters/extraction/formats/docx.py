"""Word documents."""

import io
import re
import zipfile

from adapters.extraction.package import Package, check_xml
from adapters.extraction.pages import Extracted
from adapters.extraction.structure import read_structure

_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_LOOKS = re.compile(rb"<w:(?:b|bCs|i|iCs|u|strike|dstrike)(?:\s[^<>]*)?/>")


def read_docx(data: bytes) -> Extracted:
    return read_structure(_plain(Package(data, "word/document.xml")), _MEDIA_TYPE)


def _plain(package: Package) -> bytes:
    """The document's words alone: xberg leaves the marks of bold and italic in the text of table
    cells, and has no need of pictures."""
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w") as plain:
        for name in package.names:
            if not name.endswith((".xml", ".rels")):
                continue
            xml = package.read(name)
            check_xml(xml)  # xberg ends at the first fault, and says nothing
            if name.startswith("word/"):
                xml = _LOOKS.sub(b"", xml).replace(b"<w:cr/>", b"<w:br/>")
            plain.writestr(name, xml)
    return copy.getvalue()
