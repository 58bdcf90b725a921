"""A document as xberg takes it apart, put on our pages."""

import asyncio
import json
import re
from typing import Any

import xberg

from adapters.extraction.pages import (
    BROKEN,
    MAX_PAGES,
    MAX_UNPACKED,
    Budget,
    Extracted,
    Lines,
    Unreadable,
    too_many_pages,
)
from adapters.extraction.properties import Properties, properties

_MOST_CELLS = 5_000_000  # of a table
_TOO_LARGE = "it is too large to be read: split it into smaller documents"


def read_structure(data: bytes, media_type: str) -> Extracted:
    read = read_by_xberg(data, media_type)
    nodes = list(read.document.nodes) if read.document else []
    titled = any(_is_title(node) for node in nodes)
    pages, budget = [Lines()], Budget()
    for node in nodes:
        # Running heads, feet and notes have layers of their own; only notes are the document's.
        if str(node.content_layer).lower().rsplit(".")[-1] in ("header", "footer"):
            continue
        content = json.loads(str(node.content))
        if content["node_type"] == "page_break":
            pages.append(Lines())
            continue
        if len(pages) > MAX_PAGES:
            raise too_many_pages()
        below_title = titled and not _is_title(node)
        budget.spend(_add_node(pages[-1], content, below_title=below_title))
    return Extracted([page.page() for page in pages], properties_of(read))


def read_by_xberg(data: bytes, media_type: str) -> Any:
    source = xberg.ExtractInput(
        kind=xberg.ExtractInputKind.BYTES,
        bytes=data,
        mime_type=media_type,
        filename=None,
        uri=None,
    )
    config = xberg.ExtractionConfig(
        use_cache=False,
        disable_ocr=True,
        enable_quality_processing=False,
        include_document_structure=True,  # its plain text writes style names into headings
        security_limits=xberg.SecurityLimits(
            max_archive_size=MAX_UNPACKED,
            max_content_size=MAX_UNPACKED,
            max_table_cells=_MOST_CELLS,
        ),
    )

    async def extract() -> Any:
        return await xberg.extract(source, config)

    try:
        result = asyncio.run(extract())
    except (RuntimeError, xberg.XbergError) as error:
        raise _failure(str(error)) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how a bug in Rust arrives here
            raise
        raise Unreadable("corrupt", BROKEN) from None
    if result.errors:
        raise _failure(str(result.errors[0].message))
    read = result.results[0]
    # What is left out in silence would be a wrong answer later on.
    if any("skipped" in str(warning.message) for warning in read.processing_warnings):
        raise Unreadable("too_large", _TOO_LARGE)
    return read


def properties_of(read: Any) -> Properties:
    said = read.metadata
    return properties(
        title=said.title,
        author=", ".join(said.authors or []),
        language=said.language,
        authored_at=said.created_at,
        modified_at=said.modified_at,
    )


def rows(grid: dict[str, Any]) -> list[list[str]]:
    found: dict[int, list[str]] = {}
    for cell in grid["cells"]:
        found.setdefault(cell["row"], []).append(cell["content"])
    return [cells for _, cells in sorted(found.items())]


def _add_node(page: Lines, content: dict[str, Any], *, below_title: bool) -> int:
    """How many characters it adds."""
    kind, lines = content["node_type"], len(page.lines)
    text = str(content.get("text") or "").strip("\n")
    if kind == "heading" and text.strip():
        page.heading(text, min(content["level"] + below_title, 6))
    elif kind == "list_item":
        page.item(text)
    elif kind == "table":
        page.table(rows(content["grid"]))
    elif kind not in ("group", "comment", "image", "metadata_block") and text.strip():
        page.block(text)
    return sum(map(len, page.lines[lines:]))


def _is_title(node: Any) -> bool:
    return bool(node.attributes) and node.attributes.get("style_name") == "Title"


def _failure(message: str) -> Unreadable:
    if re.search(r"limit|exceed|too large|too many|bomb|out of memory", message, re.IGNORECASE):
        return Unreadable("too_large", _TOO_LARGE)
    return Unreadable("corrupt", BROKEN)
