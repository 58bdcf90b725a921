"""Documents of Office, OpenDocument and EPUB, made part by part, and one that only Word's own
kind of program can make."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

DOC = "application/msword"
ODT = "application/vnd.oasis.opendocument.text"
RTF = "application/rtf"
HTML = "text/html"
CSV = "text/csv"
EPUB = "application/epub+zip"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_SLIDES = "http://schemas.openxmlformats.org/presentationml/2006/main"
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_CORE = """<cp:coreProperties xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:dcterms="http://purl.org/dc/terms/"
 xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties">
 <dc:title>On fees</dc:title><dc:creator>Ada</dc:creator><dc:language>en-GB</dc:language>
 <dcterms:created>2024-05-06T07:08:09Z</dcterms:created>
 <dcterms:modified>2024-05-06T07:08:09Z</dcterms:modified></cp:coreProperties>"""


WORD_97 = b"\xec\xa5\x01\x01"  # how the stream of a document begins: its kind, its version


def word_97() -> bytes:
    """Made with LibreOffice: two headings, a paragraph, a table of two rows, a paragraph."""
    return (Path(__file__).parent / "samples" / "agreement.doc").read_bytes()


def word_95() -> bytes:
    """Its header says so."""
    return word_97().replace(WORD_97, b"\xec\xa5\x68\x00")


def encrypted_word_97() -> bytes:
    """Its header says so."""
    data = bytearray(word_97())
    header = data.index(WORD_97)
    data[header + 11] |= 1
    return bytes(data)


def encrypted_office() -> bytes:
    """How Office keeps an encrypted package: in a stream of that name."""
    old, new = (name.encode("utf-16-le") for name in ("WordDocument", "EncryptedPackage"))
    data = bytearray(word_97())
    entry = data.index(old)
    data[entry : entry + len(new)] = new
    data[entry + 64] = len(new) + 2
    return bytes(data)


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            first = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            package.writestr(name, content, first)
    return buffer.getvalue()


def changed(package: bytes, parts: Mapping[str, str | bytes]) -> bytes:
    """The same with other parts, or more."""
    with zipfile.ZipFile(io.BytesIO(package)) as old:
        return zipped({name: old.read(name) for name in old.namelist()} | dict(parts))


def flagged_as_encrypted(package: bytes) -> bytes:
    """As zip programs encrypt: every entry of the directory says so."""
    data = bytearray(package)
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


def relations(*targets: tuple[str, str], more: str = "") -> str:
    rows = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_RELATIONS}">{rows}{more}</Relationships>'


def shape(text: str, place: str = "body") -> str:
    lines = "".join(f"<a:p><a:r><a:t>{escape(line)}</a:t></a:r></a:p>" for line in text.split("\n"))
    return (
        f'<p:sp><p:nvSpPr><p:nvPr><p:ph type="{place}"/></p:nvPr></p:nvSpPr>'
        f"<p:txBody>{lines}</p:txBody></p:sp>"
    )


def slide_table(*rows: Sequence[str]) -> str:
    def cell(text: str) -> str:
        return f"<a:tc><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>"

    lines = "".join(f"<a:tr>{''.join(map(cell, row))}</a:tr>" for row in rows)
    return f"<p:graphicFrame><a:graphic><a:tbl>{lines}</a:tbl></a:graphic></p:graphicFrame>"


def pptx(*slides: str, notes: str = "", attributes: str = "") -> bytes:
    """`notes` are the last slide's, and so are the `attributes`."""
    numbers = range(1, len(slides) + 1)
    spaces = f'xmlns:a="{_DRAWING}" xmlns:p="{_SLIDES}" xmlns:r="{_OFFICE}"'
    ids = "".join(f'<p:sldId id="{255 + n}" r:id="r{n}"/>' for n in numbers)
    parts = {
        "[Content_Types].xml": "<Types/>",
        "docProps/core.xml": _CORE,
        "ppt/presentation.xml": f"<p:presentation {spaces}><p:sldIdLst>{ids}</p:sldIdLst>"
        "</p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(
            *(("slide", f"slides/slide{n}.xml") for n in numbers)
        ),
    }
    for number, slide in enumerate(slides, 1):
        own = attributes if number == len(slides) else ""
        parts[f"ppt/slides/slide{number}.xml"] = (
            f"<p:sld {spaces} {own}><p:cSld><p:spTree>{slide}</p:spTree></p:cSld></p:sld>"
        )
    if notes:
        path = f"ppt/slides/_rels/slide{len(slides)}.xml.rels"
        parts[path] = relations(("notesSlide", "../notesSlides/notesSlide1.xml"))
        parts["ppt/notesSlides/notesSlide1.xml"] = f"<p:notes {spaces}>{shape(notes)}</p:notes>"
    return zipped(parts)


def xlsx(sheets: Mapping[str, Sequence[Sequence[str | int]]], *hidden: str) -> bytes:
    def cell(value: str | int) -> str:
        if isinstance(value, int):
            return f"<c><v>{value}</v></c>"
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>' if value else "<c/>"

    def state(name: str) -> str:
        return ' state="hidden"' if name in hidden else ""

    content = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{content}.worksheet+xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="r{n}"{state(name)}/>'
        for n, name in enumerate(sheets, 1)
    )
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        'content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{content}.sheet.main+xml"/>{types}'
        "</Types>",
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "docProps/core.xml": _CORE,
        "xl/workbook.xml": f'<workbook xmlns="{_SHEETS}" xmlns:r="{_OFFICE}"><sheets>{listed}'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": relations(
            *(("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1))
        ),
    }
    for number, rows in enumerate(sheets.values(), 1):
        lines = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{_SHEETS}"><sheetData>{lines}</sheetData></worksheet>'
        )
    return zipped(parts)


def odt(body: str, manifest: str = "") -> bytes:
    """`body` is in the namespaces `text` and `table`."""
    open_document = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = " ".join(
        f'xmlns:{name}="{open_document}:{name}:1.0"' for name in ("office", "text", "table", "meta")
    )
    return zipped(
        {
            "mimetype": ODT,
            "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{open_document}:'
            f'manifest:1.0">{manifest}</manifest:manifest>',
            "meta.xml": f'<office:document-meta {spaces} xmlns:dc="http://purl.org/dc/elements/1.1/">'
            "<office:meta><dc:title>On fees</dc:title><meta:initial-creator>Ada"
            "</meta:initial-creator><dc:creator>Grace</dc:creator><dc:language>en-GB</dc:language>"
            "<meta:creation-date>2024-05-06T07:08:09</meta:creation-date>"
            "<dc:date>2024-05-06T07:08:09</dc:date></office:meta></office:document-meta>",
            "content.xml": f"<office:document-content {spaces}><office:body><office:text>{body}"
            "</office:text></office:body></office:document-content>",
        }
    )


def epub(*chapters: str) -> bytes:
    """Each is the body of an XHTML document."""
    numbers = range(1, len(chapters) + 1)
    items = "".join(
        f'<item id="c{n}" href="text/c%20{n}.xhtml" media-type="application/xhtml+xml"/>'
        for n in numbers
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in numbers)
    parts = {
        "mimetype": EPUB,
        "META-INF/container.xml": "<container><rootfiles><rootfile full-path='OEBPS/book.opf'/>"
        "</rootfiles></container>",
        "OEBPS/book.opf": '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
        "<dc:title>On fees</dc:title><dc:creator>Ada</dc:creator><dc:creator>Grace</dc:creator>"
        "<dc:language>en-GB</dc:language><dc:date>2024-05-06T07:08:09Z</dc:date></metadata>"
        f'<manifest><item id="toc" href="toc.xhtml" properties="nav" '
        f'media-type="application/xhtml+xml"/>{items}</manifest>'
        f'<spine><itemref idref="toc"/>{spine}</spine></package>',
        "OEBPS/toc.xhtml": "<html><body><nav>Contents</nav></body></html>",
    }
    for number, body in zip(numbers, chapters, strict=True):
        parts[f"OEBPS/text/c {number}.xhtml"] = (
            '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html>'
            f"<html><head><title>A chapter</title></head><body>{body}</body></html>"
        )
    return zipped(parts)
