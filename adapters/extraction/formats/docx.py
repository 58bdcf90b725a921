"""Word documents."""

import asyncio
import io
import json
import re
import zipfile
import zlib
from typing import Any
from xml.parsers import expat

import xberg

from adapters.extraction.pages import (
    ENCRYPTED,
    MAX_PAGES,
    MAX_UNPACKED,
    NEWLINE,
    Budget,
    Extracted,
    Lines,
    Unreadable,
)
from adapters.extraction.properties import Properties, properties

_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_BROKEN_PACKAGE = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    ValueError,
    EOFError,
    NotImplementedError,
)
_LOOKS = re.compile(rb"<w:(?:b|bCs|i|iCs|u|strike|dstrike)(?:\s[^<>]*)?/>")
_OLD = "it is a document of Word 97-2003: save it as .docx and upload that"
_BROKEN = "it is damaged or not whole: see if it opens in Word, save it anew and upload that"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")


def read_docx(data: bytes) -> Extracted:
    if data.startswith(_OLE):
        if _ENCRYPTED_PACKAGE in data:
            raise Unreadable("encrypted", ENCRYPTED)
        raise Unreadable("unsupported", _OLD)
    pages = [Lines()]
    budget = Budget()
    read = _read_by_xberg(_plain_package(data))
    nodes = list(read.document.nodes) if read.document else []
    titled = any(_is_title(node) for node in nodes)
    for node in nodes:
        # Running heads, feet and notes have layers of their own; only notes are the document's.
        if str(node.content_layer).lower().rsplit(".")[-1] in ("header", "footer"):
            continue
        content = json.loads(str(node.content))
        if content["node_type"] == "page_break":
            pages.append(Lines())
            continue
        if len(pages) > MAX_PAGES:
            raise Unreadable("too_large", f"it has more than {MAX_PAGES:,} pages: split it")
        budget.spend(_add_node(pages[-1], content, below_title=titled and not _is_title(node)))
    return Extracted([page.page() for page in pages], _properties(read.metadata))


def _properties(said: Any) -> Properties:
    return properties(
        title=said.title,
        author=", ".join(said.authors or []),
        language=said.language,
        authored_at=said.created_at,
        modified_at=said.modified_at,
    )


def _add_node(page: Lines, content: dict[str, Any], *, below_title: bool) -> int:
    """How many characters it has."""
    kind = content["node_type"]
    text = str(content.get("text") or "").strip("\n")
    if kind == "heading" and text.strip():
        page.heading(text, min(content["level"] + below_title, 6))
    elif kind == "list_item":
        # Word's own numbers are not in the text, and a number counted here might be a wrong one.
        _below(page, f"- {text}", "- ")
    elif kind == "table":
        rows = _rows(content["grid"])
        page.block("\n".join(rows))
        return sum(map(len, rows))
    elif kind not in ("group", "comment", "image", "metadata_block") and text.strip():
        page.block(text)
    return len(text)


def _below(page: Lines, text: str, mark: str) -> None:
    """The items of one list stand close together."""
    text = NEWLINE.sub(" ", text)
    if page.lines and page.lines[-1].startswith(mark):
        page.lines.append(text)
    else:
        page.block(text)


def _rows(grid: dict[str, Any]) -> list[str]:
    rows: dict[int, list[str]] = {}
    for cell in grid["cells"]:
        rows.setdefault(cell["row"], []).append(" ".join(cell["content"].split()))
    return [f"| {' | '.join(cells)} |" for _, cells in sorted(rows.items()) if any(cells)]


def _is_title(node: Any) -> bool:
    return bool(node.attributes) and node.attributes.get("style_name") == "Title"


def _plain_package(data: bytes) -> bytes:
    """The document's words alone: xberg leaves the marks of bold and italic in the text of table
    cells, and has no need of pictures."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            _check_package(package.infolist())
            return _copied(package)
    except _BROKEN_PACKAGE:
        raise Unreadable("corrupt", _BROKEN) from None


def _check_package(files: list[zipfile.ZipInfo]) -> None:
    """By the directory, which `zipfile` then does not read beyond."""
    if any(file.flag_bits & 1 for file in files):
        raise Unreadable("encrypted", ENCRYPTED)
    if len(files) > 10_000 or sum(file.file_size for file in files) > MAX_UNPACKED:
        raise Unreadable("too_large", f"it unpacks to more than {MAX_UNPACKED >> 20} MiB")
    if "word/document.xml" not in {file.filename for file in files}:
        raise Unreadable("corrupt", "there is no Word document in it: see if it opens")


def _copied(package: zipfile.ZipFile) -> bytes:
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w") as plain:
        for file in package.infolist():
            if not file.filename.endswith((".xml", ".rels")):
                continue
            xml = package.read(file)
            if b"<!DOCTYPE" in xml:
                raise Unreadable("corrupt", "a Word document may not declare entities")
            expat.ParserCreate().Parse(xml, True)  # xberg ends at the first fault, and says nothing
            if file.filename.startswith("word/"):
                xml = _LOOKS.sub(b"", xml).replace(b"<w:cr/>", b"<w:br/>")
            plain.writestr(file.filename, xml)
    return copy.getvalue()


def _read_by_xberg(data: bytes) -> Any:
    source = xberg.ExtractInput(
        kind=xberg.ExtractInputKind.BYTES,
        bytes=data,
        mime_type=_MEDIA_TYPE,
        filename=None,
        uri=None,
    )
    config = xberg.ExtractionConfig(
        use_cache=False,
        disable_ocr=True,
        enable_quality_processing=False,
        include_document_structure=True,  # its plain text writes style names into headings
        security_limits=xberg.SecurityLimits(
            max_archive_size=MAX_UNPACKED, max_content_size=MAX_UNPACKED
        ),
    )

    async def extract() -> Any:
        return await xberg.extract(source, config)

    try:
        result = asyncio.run(extract())
    except (RuntimeError, xberg.XbergError) as error:
        raise _xberg_failure(str(error)) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how a bug in Rust arrives here
            raise
        raise Unreadable("corrupt", _BROKEN) from None
    if result.errors:
        raise _xberg_failure(str(result.errors[0].message))
    return result.results[0]


def _xberg_failure(message: str) -> Unreadable:
    if re.search(r"limit|exceed|too large|too many|bomb|out of memory", message, re.IGNORECASE):
        return Unreadable(
            "too_large", "it is too large to be read: split it into smaller documents"
        )
    return Unreadable("corrupt", _BROKEN)
