"""Whatever is sent, in any format, ends in pages or in a reason; nobody is asked for more."""

import asyncio
import io
import socket
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.extraction.extractor import ChildExtractor
from domain.files.file import MEDIA_TYPES
from domain.knowledge.document import ExtractionFailed, Failure
from tests.contract.knowledge.extraction.conftest import extract, failure, pages
from tests.documents import DOCX, HELLO, MARKDOWN, PDF, TEXT, one_page, pdf, saved, stream
from tests.documents import word_document as docx
from tests.packages import (
    CSV,
    DOC,
    EPUB,
    HTML,
    ODT,
    PPTX,
    RTF,
    XLSX,
    changed,
    encrypted_office,
    epub,
    flagged_as_encrypted,
    odt,
    pptx,
    relations,
    shape,
    word_97,
    xlsx,
)

HONEST = {
    PDF: one_page(stream(HELLO)),
    DOCX: saved(docx()),
    DOC: word_97(),
    ODT: odt("<text:p>Words.</text:p>"),
    RTF: rb"{\rtf1\ansi{\fonttbl\f0 Arial;}{\info{\title Fees}}\pard\b Words\b0\par\u8364?\page x}",
    TEXT: "Words – and more.".encode(),
    MARKDOWN: b"# Fees\n\nAll of them.\n",
    HTML: b"<!DOCTYPE html><title>Fees</title><table><tr><td>One<td>Two</table><p hidden>x<p>y",
    CSV: b'Role,Rate\n"Clerk, junior",10\n',
    EPUB: epub("<h1>Fees</h1><p>All of them.</p>"),
    PPTX: pptx(shape("Fees", "title") + shape("All of them.")),
    XLSX: xlsx({"Fees": [["Role", 10]]}),
}
PACKAGES = {  # by format, the part that has the words
    DOCX: "word/document.xml",
    ODT: "content.xml",
    EPUB: "OEBPS/book.opf",
    PPTX: "ppt/slides/slide1.xml",
    XLSX: "xl/worksheets/sheet1.xml",
}
REASONS = set(Failure) - {Failure.INTERNAL}
formats = pytest.mark.parametrize("media_type", HONEST, ids=lambda kind: kind[-12:])
packages = pytest.mark.parametrize("media_type", PACKAGES, ids=lambda kind: kind[-12:])


async def outcome(folder: Path, data: bytes, media_type: str) -> Failure | None:
    """None: it was read."""
    hasty = ChildExtractor(timeout=timedelta(seconds=20), memory=512 << 20)
    try:
        await extract(folder, data, media_type, hasty)
    except ExtractionFailed as failed:
        assert failed.failure in REASONS
        assert failed.detail
        return failed.failure
    return None


def test_every_format_has_an_honest_document_here() -> None:
    assert set(HONEST) == set(MEDIA_TYPES.values())


@formats
async def test_an_honest_document_is_read(tmp_path: Path, media_type: str) -> None:
    assert await outcome(tmp_path, HONEST[media_type], media_type) is None


@formats
async def test_a_document_cut_off_is_read_or_has_a_reason(tmp_path: Path, media_type: str) -> None:
    whole = HONEST[media_type]
    assert await outcome(tmp_path, b"", media_type) in (Failure.CORRUPT, Failure.NO_TEXT)
    for part in (0.05, 0.3, 0.6, 0.99):
        await outcome(tmp_path, whole[: int(part * len(whole))], media_type)


@formats
async def test_zeros_are_no_document(tmp_path: Path, media_type: str) -> None:
    assert await outcome(tmp_path, bytes(10_000), media_type) is Failure.CORRUPT


@formats
async def test_a_document_of_another_format_does_no_harm(tmp_path: Path, media_type: str) -> None:
    kinds = list(HONEST)
    other = kinds[kinds.index(media_type) - 1]
    await outcome(tmp_path, HONEST[other], media_type)


@formats
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cuts=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 20), st.binary(max_size=20)), min_size=1
    ),
    inside=st.booleans(),
)
async def test_a_changed_document_is_read_or_has_a_reason(
    tmp_path: Path, media_type: str, cuts: list[tuple[float, int, bytes]], inside: bool
) -> None:
    """Bytes are replaced by others, of the file, or of what a package has in it."""
    data, part = HONEST[media_type], PACKAGES.get(media_type)
    if inside and part:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            data = changed(data, {part: mutated(package.read(part), cuts)})
    else:
        data = mutated(data, cuts)
    await outcome(tmp_path, data, media_type)


def mutated(data: bytes, cuts: list[tuple[float, int, bytes]]) -> bytes:
    for place, length, others in cuts:
        at = int(place * len(data))
        data = data[:at] + others + data[at + length :]
    return data


@packages
async def test_a_zip_bomb_is_too_large(tmp_path: Path, media_type: str) -> None:
    bomb = io.BytesIO(HONEST[media_type])
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("bomb.xml", bytes(257 << 20), compresslevel=1)
    assert await failure(tmp_path, bomb.getvalue(), media_type) is Failure.TOO_LARGE


@packages
async def test_a_zip_that_lies_about_its_size_is_corrupt(tmp_path: Path, media_type: str) -> None:
    words = b" " * 1_000_000
    data = bytearray(changed(HONEST[media_type], {PACKAGES[media_type]: words}))
    size = len(words).to_bytes(4, "little")
    assert size in data
    lying = bytes(data).replace(size, (100).to_bytes(4, "little"))
    assert await failure(tmp_path, lying, media_type) is Failure.CORRUPT


@packages
@pytest.mark.parametrize(
    "entity",
    [
        '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">',
        '<!ENTITY b SYSTEM "file:///etc/passwd">',
        '<!ENTITY % b SYSTEM "http://127.0.0.1:9/"> %b;',
    ],
)
async def test_entities_are_refused(tmp_path: Path, media_type: str, entity: str) -> None:
    for encoding in ("utf-8", "utf-16"):
        xml = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE d [{entity}]><d>&b;</d>'
        document = changed(HONEST[media_type], {PACKAGES[media_type]: xml.encode(encoding)})
        assert await failure(tmp_path, document, media_type) is Failure.CORRUPT


@packages
async def test_elements_nested_without_end_are_corrupt(tmp_path: Path, media_type: str) -> None:
    deep = "<a>" * 100_000 + "</a>" * 100_000
    document = changed(HONEST[media_type], {PACKAGES[media_type]: deep})
    assert await failure(tmp_path, document, media_type) is Failure.CORRUPT


async def test_nesting_that_no_tree_is_made_of_is_no_matter(tmp_path: Path) -> None:
    (page,) = await pages(tmp_path, b"<p>" + b"<div>" * 200_000 + b"Words.", HTML)
    assert page.text == "Words."
    assert await failure(tmp_path, rb"{\rtf1 " + b"{" * 200_000, RTF) is Failure.CORRUPT


@packages
async def test_an_encrypted_zip_is_encrypted(tmp_path: Path, media_type: str) -> None:
    locked = flagged_as_encrypted(HONEST[media_type])
    assert await failure(tmp_path, locked, media_type) is Failure.ENCRYPTED


@pytest.mark.parametrize("media_type", [DOCX, PPTX, XLSX, DOC])
async def test_what_office_encrypted_is_encrypted(tmp_path: Path, media_type: str) -> None:
    assert await failure(tmp_path, encrypted_office(), media_type) is Failure.ENCRYPTED


@pytest.mark.parametrize(
    ("media_type", "document"),
    [
        (RTF, rb"{\rtf1 x" + rb"\page x" * 5_000 + b"}"),
        (XLSX, xlsx({f"s{number}": [["x"]] for number in range(5_001)})),
        (EPUB, epub(*["x"] * 5_001)),
        (PPTX, pptx(*[""] * 5_001)),
    ],
    ids=["rtf", "xlsx", "epub", "pptx"],
)
async def test_more_than_5000_pages_are_too_many(
    tmp_path: Path, media_type: str, document: bytes
) -> None:
    assert await failure(tmp_path, document, media_type) is Failure.TOO_LARGE


@pytest.mark.parametrize("media_type", [TEXT, MARKDOWN, HTML, CSV, RTF])
async def test_one_line_of_a_million_words_is_read(tmp_path: Path, media_type: str) -> None:
    start = rb"{\rtf1 " if media_type == RTF else b""
    (page,) = await pages(tmp_path, start + b"word " * 1_000_000, media_type)
    assert page.text.count("word") == 1_000_000


@pytest.mark.parametrize(
    "document",
    [
        pdf(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"),
        pdf(b"<< /Type /Catalog /Pages 1 0 R >>"),
        one_page(b"4 0 R"),
        one_page(
            stream(b"/X Do"),
            stream(
                b"/X Do",
                b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] "
                b"/Resources << /XObject << /X 6 0 R >> >>",
            ),
            resources=b"/XObject << /X 6 0 R >>",
        ),
        one_page(b"<< /Length 4 0 R >>\nstream\nBT ET\nendstream"),
        one_page(stream(HELLO), trailer=b"/Prev 0 /XRefStm 0"),
    ],
    ids=["page tree", "catalog", "content", "form", "length", "cross references"],
)
async def test_a_pdf_that_refers_to_itself_does_no_harm(tmp_path: Path, document: bytes) -> None:
    await outcome(tmp_path, document, PDF)


async def test_nothing_outside_the_document_is_asked_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        external = f'<Relationship Id="x" Type="t/image" Target="{url}" TargetMode="External"/>'
        link = f'<a:p xmlns:a="a" xmlns:x="http://www.w3.org/1999/xlink" x:href="{url}"/>'
        web = f'<img src="{url}"><link rel="stylesheet" href="{url}"><iframe src="{url}"></iframe>'
        field = rf"{{\field{{\*\fldinst INCLUDEPICTURE {url}}}{{\fldrslt words}}}}"
        action = b"<< /S /URI /URI (%b) >>" % url.encode()
        for media_type, document in {
            DOCX: changed(HONEST[DOCX], {"word/_rels/settings.xml.rels": relations(more=external)}),
            XLSX: changed(HONEST[XLSX], {"xl/_rels/more.xml.rels": relations(more=external)}),
            PPTX: changed(
                HONEST[PPTX], {"ppt/slides/_rels/slide1.xml.rels": relations(more=external)}
            ),
            ODT: odt(f"<text:p>Words.</text:p>{link}"),
            EPUB: epub(f"<p>Words.</p>{web}"),
            HTML: f"<p>Words.</p>{web}".encode(),
            RTF: rf"{{\rtf1 {field}}}".encode(),
            PDF: one_page(stream(HELLO), trailer=b"/Info << /A %b >>" % action),
        }.items():
            assert await outcome(tmp_path, document, media_type) is None
        with pytest.raises(BlockingIOError):
            server.accept()


async def test_many_hostile_documents_at_once_leave_nothing(tmp_path: Path) -> None:
    extractor = ChildExtractor(timeout=timedelta(seconds=1), concurrency=4)

    async def read(number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        broken = HONEST[PDF][: 100 + number]
        assert await failure(folder, broken, PDF, extractor) is Failure.CORRUPT

    await asyncio.gather(*(read(number) for number in range(8)))
