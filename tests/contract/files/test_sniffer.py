"""What every Sniffer promises."""

import io
import zipfile

import docx
import pytest

from adapters.memory.files.sniffer import PlainSniffer
from adapters.objects.sniffer import PuremagicSniffer
from application.files.ports import Sniffer
from domain.files.file import CSV, EPUB, HTML, ODT, PPTX, RTF, XLSX, Purpose, UnsupportedFile
from domain.files.file import DOC as WORD_97

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0"
WEBP = b"RIFF\x24\0\0\0WEBPVP8 "
EXE = b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0\xb8\0\0\0"
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
DOC = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504) + "WordDocument".encode("utf-16-le")
XLS = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504) + "Workbook".encode("utf-16-le")
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture(params=[PuremagicSniffer, PlainSniffer])
def sniffer(request: pytest.FixtureRequest) -> Sniffer:
    sniffer: Sniffer = request.param()
    return sniffer


def sniffed(sniffer: Sniffer, name: str, data: bytes, purpose: Purpose = Purpose.DOCUMENT) -> str:
    return sniffer.media_type(name, purpose, data[: 8 * 1024], data[-64 * 1024 :])


def word_document() -> bytes:
    buffer = io.BytesIO()
    docx.Document().save(buffer)
    return buffer.getvalue()


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, content in files.items():
            package.writestr(name.replace("__", "/") + ".xml", content)
    return buffer.getvalue()


def archive(mimetype: str, *names: str) -> bytes:
    """As OpenDocument and EPUB begin: with what they are."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("mimetype", mimetype)
        for name in names:
            package.writestr(name, b"content")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("A.PDF", PDF, "application/pdf"),
        ("scan.pdf", b"\r\n\xef\xbb\xbf" + PDF, "application/pdf"),
        ("a.docx", word_document(), DOCX),
        ("encrypted.docx", OLE, DOCX),
        ("encrypted.xlsx", OLE, XLSX),
        ("a.doc", DOC, WORD_97),
        ("a.doc", OLE, WORD_97),
        ("a.pptx", zipped(ppt__presentation=b"slides"), PPTX),
        ("a.xlsx", zipped(xl__workbook=b"a spreadsheet"), XLSX),
        ("a.odt", archive(ODT, "content.xml"), ODT),
        ("a.odt", zipped(content=b"words"), ODT),
        ("a.epub", archive(EPUB, "META-INF/container.xml"), EPUB),
        ("a.epub", zipped(**{"META-INF/container": b"words"}), EPUB),
        ("a.rtf", b"{\\rtf1\\ansi words}", RTF),
        ("a.html", b"<!DOCTYPE html><html></html>", HTML),
        ("a.htm", b"\xef\xbb\xbf\r\n<p>Words", HTML),
        ("a.html", "<html>Words".encode("utf-16"), HTML),
        ("a.csv", b"Role,Rate\r\nClerk,10\r\n", CSV),
        ("a.csv", b'Note\n"<p>a note</p>"', CSV),
        ("a.txt", b"Some words.\r\n", "text/plain"),
        ("a.txt", b"", "text/plain"),
        ("a.txt", "Größe".encode(), "text/plain"),
        ("a.txt", "Größe".encode("utf-8-sig"), "text/plain"),
        ("a.txt", "Größe – “x”".encode("cp1252"), "text/plain"),
        ("a.txt", "Some words".encode("utf-16"), "text/plain"),
        ("a.txt", b"<!DOCTYPE html><html></html>", "text/plain"),
        ("a.txt", b'{"json": true}', "text/plain"),
        ("a.txt", b"From: ada@example.org\n\nHello", "text/plain"),
        ("a.txt", b"BM is short for business manager.", "text/plain"),
        ("a.md", b"---\ntitle: x\n---\n# Title\n", "text/markdown"),
        ("a.b.markdown", b"About the mark %PDF-1.7 at the top", "text/markdown"),
    ],
)
def test_name_and_content_agree(sniffer: Sniffer, name: str, data: bytes, media_type: str) -> None:
    assert sniffed(sniffer, name, data) == media_type


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.pdf", PNG),
        ("a.pdf", b"just words"),
        ("a.pdf", b""),
        ("a.docx", PDF),
        ("a.docx", zipped(notes=b"a plain zip")),
        ("a.docx", zipped(xl__workbook=b"a spreadsheet")),
        ("a.docx", b""),
        ("a.docx", DOC),
        ("a.xlsx", XLS),
        ("a.doc", XLS),
        ("a.doc", word_document()),
        ("a.doc", b"{\\rtf1\\ansi words}"),
        ("a.xlsx", word_document()),
        ("a.pptx", zipped(xl__workbook=b"a spreadsheet")),
        ("a.odt", archive("application/vnd.oasis.opendocument.spreadsheet", "content.xml")),
        ("a.odt", archive(EPUB, "META-INF/container.xml")),
        ("a.epub", archive(ODT, "content.xml")),
        ("a.epub", b"PK\3\4"),
        ("a.rtf", b"just words"),
        ("a.html", b"just words"),
        ("a.html", PDF),
        ("a.csv", b"{\\rtf1\\ansi words}"),
        ("a.csv", zipped(xl__workbook=b"a spreadsheet")),
        ("a.txt", PDF),
        ("a.txt", PNG),
        ("a.txt", b"words and a \0"),
        ("a.txt", word_document()),
        ("a.txt", b"{\\rtf1\\ansi words}"),
        ("a.md", EXE),
        ("a.md", OLE),
    ],
)
def test_content_that_its_name_does_not_say_is_unsupported(
    sniffer: Sniffer, name: str, data: bytes
) -> None:
    with pytest.raises(UnsupportedFile):
        sniffed(sniffer, name, data)


@pytest.mark.parametrize("name", ["a.png", "a.exe", "a", "pdf", ".pdf", "a.pdf.exe", "a.xls", ""])
def test_a_name_that_is_not_on_the_list_is_unsupported(sniffer: Sniffer, name: str) -> None:
    with pytest.raises(UnsupportedFile):
        sniffed(sniffer, name, PDF)


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("a.png", PNG, "image/png"),
        ("a.jpg", JPEG, "image/jpeg"),
        ("A.JPEG", JPEG, "image/jpeg"),
        ("a.webp", WEBP, "image/webp"),
        ("a.gif", b"GIF87a\1\0\1\0", "image/gif"),
        ("a.gif", b"GIF89a\1\0\1\0", "image/gif"),
    ],
)
def test_an_avatar_is_an_image(sniffer: Sniffer, name: str, data: bytes, media_type: str) -> None:
    assert sniffed(sniffer, name, data, Purpose.AVATAR) == media_type
    with pytest.raises(UnsupportedFile):
        sniffed(sniffer, name, data)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.png", JPEG),
        ("a.jpg", PNG),
        ("a.gif", b"GIF90a"),
        ("a.webp", b"RIFF\0\0\0\0WAVEfmt "),
        ("a.png", b""),
        ("a.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("a.html", b"<script>alert(1)</script>"),
        ("a.pdf", PDF),
    ],
)
def test_an_avatar_is_nothing_else(sniffer: Sniffer, name: str, data: bytes) -> None:
    with pytest.raises(UnsupportedFile):
        sniffed(sniffer, name, data, Purpose.AVATAR)
