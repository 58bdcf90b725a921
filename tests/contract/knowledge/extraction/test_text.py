"""Text and Markdown."""

from pathlib import Path

import pytest

from domain.knowledge.document import Failure
from domain.knowledge.text import canonical
from tests.contract.knowledge.extraction.conftest import failure, pages
from tests.documents import MARKDOWN, TEXT


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
async def test_text_is_read_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    (page,) = await pages(tmp_path, "Café – “naïve”\r\n".encode(encoding), TEXT)
    assert page.text == "Café – “naïve”\r\n"


async def test_a_form_feed_begins_a_page(tmp_path: Path) -> None:
    found = await pages(tmp_path, b"one\ftwo", TEXT)
    assert [page.text for page in found] == ["one", "two"]


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
    (page,) = await pages(tmp_path, text.replace("\n", "\r\n").encode(), MARKDOWN)
    assert page.text == text.replace("\n", "\r\n")
    found = canonical([page])
    titles = [(h.level, found.content[h.start : h.end].strip(" #")) for h in found.headings]
    assert titles == [(1, "One"), (1, "Two"), (3, "Three"), (2, "Four")]


async def test_a_kind_without_a_reader_is_unsupported(tmp_path: Path) -> None:
    assert await failure(tmp_path, b"x", "image/png") is Failure.UNSUPPORTED
