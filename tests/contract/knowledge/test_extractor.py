"""What ChildExtractor promises, of honest, broken and hostile documents."""

import asyncio
import hashlib
import io
import os
import signal
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import docx
import pytest
import typst

from adapters.extraction import extractor as module
from adapters.extraction.extractor import ChildExtractor
from domain.knowledge.document import ExtractionFailed, Failure
from domain.knowledge.text import RawPage, canonical

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TEXT = "text/plain"
MARKDOWN = "text/markdown"
HELLO = b"BT /F 12 Tf 20 200 Td (Good morning) Tj ET"
CHILD = Path(module.__file__).with_name("child.py")


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    before = children()
    yield
    assert children() <= before


def children() -> set[str]:
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return {pid for task in tasks for pid in task.read_text().split()}


async def extract(
    folder: Path, data: bytes, media_type: str, extractor: ChildExtractor | None = None
) -> list[RawPage]:
    path = folder / "document"
    path.write_bytes(data)
    return await (extractor or ChildExtractor()).extract(path, media_type)


async def failure(
    folder: Path, data: bytes, media_type: str, extractor: ChildExtractor | None = None
) -> Failure:
    with pytest.raises(ExtractionFailed) as failed:
        await extract(folder, data, media_type, extractor)
    assert failed.value.detail
    return failed.value.failure


def headings(page: RawPage) -> list[tuple[int, str]]:
    lines = page.text.split("\n")
    return [(heading.level, lines[heading.line]) for heading in page.headings]


# PDF


def typeset(markup: str) -> bytes:
    source = f'#set text(size: 11pt, lang: "en")\n{markup}'
    pdf = typst.compile(source.encode())
    assert isinstance(pdf, bytes)
    return pdf


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """Objects are numbered from 1, which is the catalog."""
    out, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return (
        out
        + b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, rows)
        + b"trailer\n<< /Size %d /Root 1 0 R %b >>\n" % (size, trailer)
        + b"startxref\n%d\n%%%%EOF" % len(out)
    )


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(data), entries, data)


def one_page(
    content: bytes,
    *more: bytes,
    pages: bytes = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    resources: bytes = b"",
    trailer: bytes = b"",
) -> bytes:
    """`content` is object 4, the font 5, `more` begins with 6."""
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R "
        b"/Resources << /Font << /F 5 0 R >> %b >> >>" % resources
    )
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    catalog = b"<< /Type /Catalog /Pages 2 0 R >>"
    return pdf(catalog, pages, page, content, font, *more, trailer=trailer)


def rc4(key: bytes, data: bytes) -> bytes:
    box = list(range(256))
    j = 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) % 256])
    return bytes(out)


def encrypted_pdf(user_password: bytes, owner_password: bytes) -> bytes:
    """The standard security handler of PDF 1.1: 40 bits of RC4."""

    def md5(data: bytes) -> bytes:
        return hashlib.md5(data, usedforsecurity=False).digest()

    filler = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
    user, owner = ((word + filler)[:32] for word in (user_password, owner_password))
    of_owner = rc4(md5(owner)[:5], user)
    file_id, rights = bytes(16), (-4 & 0xFFFFFFFF).to_bytes(4, "little")
    key = md5(user + of_owner + rights + file_id)[:5]
    content = rc4(md5(key + bytes([4, 0, 0, 0, 0]))[:10], HELLO)
    encrypt = b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <%b> /U <%b> >>" % (
        of_owner.hex().encode(),
        rc4(key, filler).hex().encode(),
    )
    trailer = b"/Encrypt 6 0 R /ID [<%b> <%b>]" % ((file_id.hex().encode(),) * 2)
    return one_page(stream(content), encrypt, trailer=trailer)


async def test_a_pdf_gives_its_pages(tmp_path: Path) -> None:
    pages = await extract(tmp_path, typeset("First page.\n#pagebreak()\nSecond page."), PDF)
    assert [page.text for page in pages] == ["First page.", "Second page."]


async def test_a_pdf_gives_headings_by_their_size(tmp_path: Path) -> None:
    prose = "The supplier shall deliver the goods. " * 12
    markup = f"= Fees\n{prose}\n== Late payment\n{prose}\n= Term\n{prose}\n"
    (page,) = await extract(tmp_path, typeset(markup), PDF)
    assert headings(page) == [(1, "Fees"), (2, "Late payment"), (1, "Term")]


async def test_a_heading_on_two_lines_is_one_heading(tmp_path: Path) -> None:
    prose = "The supplier shall deliver the goods. " * 30
    title = "An agreement about the delivery of a great many goods to a great many people in time"
    (page,) = await extract(tmp_path, typeset(f"= {title}\n{prose}"), PDF)
    assert headings(page) == [(1, title)]


async def test_what_stands_on_every_page_is_no_heading(tmp_path: Path) -> None:
    prose = "The supplier shall deliver the goods. " * 12
    markup = "#set page(header: text(18pt)[Acme Limited])\n" + f"= Goods\n{prose}#pagebreak()\n" * 6
    pages = await extract(tmp_path, typeset(markup + "End."), PDF)
    titles = {title for page in pages for _, title in headings(page)}
    assert "Acme Limited" not in titles


async def test_a_bold_line_alone_is_a_heading_and_a_bold_row_is_not(tmp_path: Path) -> None:
    prose = "The supplier shall deliver the goods. " * 12
    table = "#table(columns: 3, [*Role*], [*Rate*], [*Term*], [Clerk], [10], [2])"
    markup = f"{prose}\n\n*Payment terms*\n\n{prose}\n\n{table}\n\n{prose}"
    (page,) = await extract(tmp_path, typeset(markup), PDF)
    assert headings(page) == [(3, "Payment terms")]


async def test_paragraphs_of_a_pdf_are_apart_and_their_lines_are_not(tmp_path: Path) -> None:
    prose = "The supplier shall deliver the goods without any delay. " * 6
    (page,) = await extract(tmp_path, typeset(f"{prose}\n\n{prose}"), PDF)
    assert [p.replace("\n", " ") for p in page.text.split("\n\n")] == [prose.strip()] * 2


async def test_a_word_cut_at_the_end_of_a_line_is_whole(tmp_path: Path) -> None:
    markup = (
        "#set par(justify: true)\n#set page(width: 140pt)\n#set text(hyphenate: true)\n"
        "Extraordinary responsibilities characterise administrative organisations, "
        "notwithstanding well-known self-governing arrangements of non-European communities."
    )
    pages = await extract(tmp_path, typeset(markup), PDF)
    words = " ".join(page.text for page in pages).split()
    assert words == markup.split("\n")[-1].split()


async def test_letters_beyond_the_basic_plane_are_kept(tmp_path: Path) -> None:
    (page,) = await extract(tmp_path, typeset("Let $x$ be 😀 and so on.\n\n*After it*"), PDF)
    assert page.text.startswith("Let 𝑥 be 😀 and so on.")


async def test_a_pdf_with_a_password_is_encrypted(tmp_path: Path) -> None:
    assert await failure(tmp_path, encrypted_pdf(b"secret", b"owner"), PDF) is Failure.ENCRYPTED


async def test_a_pdf_that_anybody_may_open_is_read(tmp_path: Path) -> None:
    (page,) = await extract(tmp_path, encrypted_pdf(b"", b"owner"), PDF)
    assert page.text == "Good morning"


async def test_a_scanned_pdf_has_no_text(tmp_path: Path) -> None:
    image = stream(
        b"\x80",
        b"/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray "
        b"/BitsPerComponent 8",
    )
    content = stream(b"q 300 0 0 300 0 0 cm /I Do Q")
    scan = one_page(content, image, resources=b"/XObject << /I 6 0 R >>")
    assert await failure(tmp_path, scan, PDF) is Failure.NO_TEXT


async def test_a_broken_pdf_is_corrupt(tmp_path: Path) -> None:
    whole = typeset("Some text. " * 200)
    assert await failure(tmp_path, whole[: len(whole) // 2], PDF) is Failure.CORRUPT
    assert await failure(tmp_path, b"\x89PNG\r\n\x1a\n" + bytes(500), PDF) is Failure.CORRUPT
    assert await failure(tmp_path, b"", PDF) is Failure.CORRUPT


async def test_a_pdf_of_too_many_pages_is_too_large(tmp_path: Path) -> None:
    pages = b"<< /Type /Pages /Kids [%b] /Count 5001 >>" % (b"3 0 R " * 5001)
    assert await failure(tmp_path, one_page(stream(HELLO), pages=pages), PDF) is Failure.TOO_LARGE


async def test_a_page_count_that_lies_does_no_harm(tmp_path: Path) -> None:
    pages = b"<< /Type /Pages /Kids [3 0 R] /Count 2000000000 >>"
    (page,) = await extract(tmp_path, one_page(stream(HELLO), pages=pages), PDF)
    assert page.text == "Good morning"


async def test_a_page_tree_without_end_is_corrupt(tmp_path: Path) -> None:
    deep = [b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (n + 1) for n in range(2, 20_000)]
    assert await failure(tmp_path, pdf(b"<< /Pages 2 0 R >>", *deep), PDF) is Failure.CORRUPT


async def test_a_pdf_that_unpacks_to_more_than_the_memory_fails_alone(tmp_path: Path) -> None:
    bomb = stream(zlib.compress(HELLO + bytes(200 << 20), 1), b"/Filter /FlateDecode")
    frugal = ChildExtractor(memory=64 << 20)
    assert await failure(tmp_path, one_page(bomb), PDF, frugal) in (
        Failure.CORRUPT,
        Failure.TOO_LARGE,
    )


async def test_a_pdf_that_takes_for_ever_is_given_up(tmp_path: Path) -> None:
    started = time.monotonic()
    hasty = ChildExtractor(timeout=timedelta(seconds=1))
    assert await failure(tmp_path, endless(), PDF, hasty) is Failure.TIMEOUT
    assert time.monotonic() - started < 5


def endless() -> bytes:
    """A form that draws a form twice, which draws a form twice: 2^28 texts."""

    def form(content: bytes, resources: bytes) -> bytes:
        entries = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << %b >>" % resources
        return stream(content, entries)

    forms = [form(b"/X Do /X Do", b"/XObject << /X %d 0 R >>" % (n + 7)) for n in range(28)]
    last = form(HELLO, b"/Font << /F 5 0 R >>")
    return one_page(stream(b"/X Do"), *forms, last, resources=b"/XObject << /X 6 0 R >>")


# DOCX


def word_document() -> "docx.document.Document":
    document = docx.Document()
    document.add_heading("Services Agreement", 0)
    document.add_heading("1. Fees", 1)
    document.add_paragraph("The Customer shall pay *all* fees & taxes.")
    document.add_heading("Late payment", 2)
    document.add_paragraph("Interest", style="List Bullet")
    document.add_paragraph("Costs", style="List Bullet")
    table = document.add_table(1, 2)
    table.rows[0].cells[0].paragraphs[0].add_run("Role").bold = True
    table.rows[0].cells[1].text = "Rate"
    document.add_page_break()  # type: ignore[no-untyped-call]
    document.add_paragraph("On page two 😀.")
    return document


def saved(document: "docx.document.Document") -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def with_body(xml: bytes) -> bytes:
    """A Word document whose main part is `xml`."""
    copy = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(saved(docx.Document()))) as package,
        zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as changed,
    ):
        for name in package.namelist():
            content = xml if name == "word/document.xml" else package.read(name)
            changed.writestr(name, content)
    return copy.getvalue()


async def test_a_docx_gives_its_text_and_headings(tmp_path: Path) -> None:
    first, second = await extract(tmp_path, saved(word_document()), DOCX)
    assert first.text == (
        "Services Agreement\n\n1. Fees\n\nThe Customer shall pay *all* fees & taxes.\n\n"
        "Late payment\n\n- Interest\n- Costs\n\n| Role | Rate |"
    )
    assert headings(first) == [(1, "Services Agreement"), (2, "1. Fees"), (3, "Late payment")]
    assert second.text == "On page two 😀."


async def test_a_docx_with_a_password_is_encrypted(tmp_path: Path) -> None:
    ole = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(1000) + "EncryptedPackage".encode("utf-16-le")
    assert await failure(tmp_path, ole + bytes(1000), DOCX) is Failure.ENCRYPTED


async def test_an_old_word_file_is_unsupported(tmp_path: Path) -> None:
    ole = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2000)
    assert await failure(tmp_path, ole, DOCX) is Failure.UNSUPPORTED


async def test_a_broken_docx_is_corrupt(tmp_path: Path) -> None:
    whole = saved(word_document())
    assert await failure(tmp_path, whole[:-200], DOCX) is Failure.CORRUPT
    assert await failure(tmp_path, with_body(b"<w:document><w:p>"), DOCX) is Failure.CORRUPT


async def test_a_docx_may_not_declare_entities(tmp_path: Path) -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>'
    assert await failure(tmp_path, with_body(laughs), DOCX) is Failure.CORRUPT


async def test_a_docx_that_unpacks_to_too_much_is_too_large(tmp_path: Path) -> None:
    bomb = io.BytesIO(saved(word_document()))
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/media/bomb.bin", bytes(257 << 20), compresslevel=1)
    assert await failure(tmp_path, bomb.getvalue(), DOCX) is Failure.TOO_LARGE


# Text and Markdown


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
async def test_text_is_read_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    (page,) = await extract(tmp_path, "Café – “naïve”\r\n".encode(encoding), TEXT)
    assert page.text == "Café – “naïve”\r\n"


async def test_a_form_feed_begins_a_page(tmp_path: Path) -> None:
    pages = await extract(tmp_path, b"one\ftwo", TEXT)
    assert [page.text for page in pages] == ["one", "two"]


async def test_text_without_words_has_no_text(tmp_path: Path) -> None:
    assert await failure(tmp_path, b"", TEXT) is Failure.NO_TEXT
    assert await failure(tmp_path, b" \r\n\t\f", MARKDOWN) is Failure.NO_TEXT


@pytest.mark.parametrize("data", [b"abc\0def", bytes(range(256)), b"\xff\xfe\x00"])
async def test_bytes_that_are_no_text_are_corrupt(tmp_path: Path, data: bytes) -> None:
    assert await failure(tmp_path, data, TEXT) is Failure.CORRUPT


async def test_markdown_is_kept_and_its_headings_found(tmp_path: Path) -> None:
    text = (
        "---\ntitle: Not a heading\n---\n# One #\n\nTwo\n===\n```sh\n# not this\n```\n"
        "~~~\n```\n# nor this\n~~~\nplain\nlines\n---\n- item\n---\n\n   ### Three\n"
        "    # code\n#hashtag\n\nFour\n----\n"
    )
    (page,) = await extract(tmp_path, text.replace("\n", "\r\n").encode(), MARKDOWN)
    assert page.text == text.replace("\n", "\r\n")
    found = canonical([page])
    titles = [(h.level, found.content[h.start : h.end].strip(" #")) for h in found.headings]
    assert titles == [(1, "One"), (1, "Two"), (3, "Three"), (2, "Four")]


async def test_a_kind_without_a_reader_is_unsupported(tmp_path: Path) -> None:
    assert await failure(tmp_path, b"x", "image/png") is Failure.UNSUPPORTED


# The process


async def test_more_than_the_memory_is_too_large(tmp_path: Path) -> None:
    frugal = ChildExtractor(memory=8 << 20)
    assert await failure(tmp_path, b"word " * (3 << 20), TEXT, frugal) is Failure.TOO_LARGE


async def test_more_text_than_anybody_writes_is_too_large(tmp_path: Path) -> None:
    assert await failure(tmp_path, b"word " * 4_000_001, TEXT) is Failure.TOO_LARGE


async def test_a_result_without_end_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LARGEST_RESULT", 100_000)
    assert await failure(tmp_path, b"word " * 1_000_000, TEXT) is Failure.TOO_LARGE


async def test_a_crash_of_the_reader_is_the_documents_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash = tmp_path / "crash.py"
    crash.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)")
    monkeypatch.setattr(module, "_CHILD", crash)
    assert await failure(tmp_path, b"", TEXT) is Failure.CORRUPT


async def test_a_reader_killed_from_outside_says_nothing_of_the_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = tmp_path / "killed.py"
    killed.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    monkeypatch.setattr(module, "_CHILD", killed)
    with pytest.raises(RuntimeError):
        await extract(tmp_path, b"", TEXT)


async def test_giving_up_ends_the_process(tmp_path: Path) -> None:
    reading = asyncio.create_task(extract(tmp_path, endless(), PDF))
    before = children()
    while children() == before:  # noqa: ASYNC110  there is no event to wait for
        await asyncio.sleep(0.01)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading


async def test_documents_wait_for_their_turn(tmp_path: Path) -> None:
    one_at_a_time = ChildExtractor(concurrency=1)
    most, reading = 0, True

    async def watch() -> None:
        nonlocal most
        before = children()
        while reading:
            most = max(most, len(children() - before))
            await asyncio.sleep(0.005)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    await asyncio.gather(*(extract(tmp_path, b"text", TEXT, one_at_a_time) for _ in range(4)))
    reading = False
    await watching
    assert most == 1


def run_inside(code: str, *, cpu: int = 10) -> str:
    """What `code` prints where a document is read."""
    script = (
        f"import sys, os, runpy\nchild = runpy.run_path({str(CHILD)!r})\n"
        f"child['give_up_rights'](1 << 30, {cpu}, os.getppid())\n{code}"
    )
    run = [sys.executable, "-I", "-c", script]
    return subprocess.run(run, check=False, capture_output=True, text=True, cwd="/").stdout


def test_the_process_may_not_write_files(tmp_path: Path) -> None:
    target = tmp_path / "file"
    run_inside(f"open({str(target)!r}, 'w').write('x')")
    assert not target.exists() or target.read_text() == ""


def test_the_process_has_no_network_where_the_kernel_allows() -> None:
    try:
        subprocess.run(["unshare", "-Un", "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no user namespaces here")
    assert run_inside("import socket; print([name for _, name in socket.if_nameindex()])") in (
        "['lo']\n",
        "[]\n",
    )


def test_the_process_has_no_more_than_its_share_of_the_processor() -> None:
    started = time.monotonic()
    assert run_inside("while True: pass", cpu=1) == ""
    assert time.monotonic() - started < 20


def test_the_process_dies_with_its_parent() -> None:
    child = (
        f"import os, runpy, time\nchild = runpy.run_path({str(CHILD)!r})\n"
        "child['give_up_rights'](1 << 30, 10, os.getppid())\n"
        "print(flush=True)\ntime.sleep(60)"
    )
    script = (
        "import subprocess, sys, time\n"
        f"run = [sys.executable, '-I', '-c', {child!r}]\n"
        "process = subprocess.Popen(run, stdout=subprocess.PIPE)\n"
        "process.stdout.readline()\nprint(process.pid, flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 5
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(pid)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
