"""How the tests of ChildExtractor read documents."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.extraction.extractor import ChildExtractor
from domain.knowledge.document import ExtractionFailed, Failure
from domain.knowledge.text import Extracted, RawPage


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
) -> Extracted:
    path = folder / "document"
    path.write_bytes(data)
    return await (extractor or ChildExtractor()).extract(path, media_type)


async def pages(folder: Path, data: bytes, media_type: str) -> tuple[RawPage, ...]:
    return (await extract(folder, data, media_type)).pages


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
