"""`make test-corpus`: the documents that four libraries test themselves with, through every use case
of ingestion, on Postgres. Not a part of `make test`: it takes minutes, and the network once."""

import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from dishka import AsyncContainer
from msgspec import Struct

from application.files.exports import Upload
from application.knowledge.documents import UploadDocument
from application.knowledge.ingestion import (
    ChunkText,
    EmbedChunks,
    ExtractText,
    IndexTerms,
    PublishVersion,
)
from application.knowledge.metadata import Details
from application.knowledge.ports import DocumentReader, Texts, Versions
from application.shared.actor import EVERYTHING_OWN, Actor
from application.shared.ports import Ids
from domain.files.file import UnsupportedFile
from domain.knowledge.document import Failure, Status
from domain.knowledge.events import (
    ChunksEmbedded,
    DocumentUploaded,
    TermsIndexed,
    TextChunked,
    TextExtracted,
)
from domain.shared.ids import DocumentId, UserId
from entrypoints.container import production
from entrypoints.http.inject import OfRequest
from entrypoints.settings import EmbeddingModel, Settings
from tests.contract.knowledge.conftest import an_owner
from tests.contract.knowledge.extraction.conftest import children

SOURCES = Path(__file__).with_name("sources.txt")
CACHE = Path.home() / ".cache" / "colonnade" / "corpus"
KINDS = {".pdf", ".docx", ".doc", ".pptx", ".xlsx", ".odt", ".rtf", ".epub"}
LIMIT = 60  # seconds for one document
STEPS: tuple[tuple[type[Any], type[Any]], ...] = (
    (ExtractText, DocumentUploaded),
    (ChunkText, TextExtracted),
    (IndexTerms, TextChunked),
    (EmbedChunks, TermsIndexed),
    (PublishVersion, ChunksEmbedded),
)


class Outcome(Struct):
    file: str
    pages: int
    characters: int
    outcome: str
    seconds: float


@pytest.fixture(scope="session")
def corpus() -> list[Path]:
    if not list(CACHE.glob("*.gz")):
        fetch()
    unpacked = CACHE / "unpacked"
    if not unpacked.is_dir():
        for archive in CACHE.glob("*.gz"):
            with tarfile.open(archive) as opened:
                opened.extractall(unpacked, filter="data")
    return sorted(path for path in unpacked.rglob("*") if path.suffix.lower() in KINDS)


def fetch() -> None:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    hashed = ["--require-hashes", "-r", str(SOURCES), "-d", str(CACHE)]
    done = subprocess.run([*pip, *hashed], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"NO CORPUS: pip cannot fetch {SOURCES.name}: {done.stderr[-300:]}")


@pytest.fixture
async def container(database: str, settings: Settings) -> AsyncIterator[AsyncContainer]:
    settings = msgspec.structs.replace(
        settings,
        database_url=database,
        db_pool_size=4,
        embeddings=EmbeddingModel.NONE,
        extraction_timeout_seconds=LIMIT,
    )
    container = production(settings, OfRequest())
    yield container
    await container.close()


async def test_every_document_is_read_or_says_why_not(
    corpus: list[Path],
    container: AsyncContainer,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    owner = await an_owner(container, "ada@example.org")
    outcomes = [await ingested(container, owner, corpus[0])]  # opens what stays open
    before = left_over(temporary)
    outcomes += [await ingested(container, owner, path) for path in corpus[1:]]
    assert left_over(temporary) == before
    with capsys.disabled():
        sys.stdout.write(table(outcomes))
    allowed = {"completed", "the same again", "refused", *(set(Failure) - {Failure.INTERNAL})}
    assert {outcome.outcome for outcome in outcomes} <= allowed
    assert max(outcome.seconds for outcome in outcomes) < LIMIT + 10
    assert sum(outcome.outcome == "completed" for outcome in outcomes) > len(outcomes) / 2


async def ingested(container: AsyncContainer, owner: UserId, path: Path) -> Outcome:
    began, data = time.monotonic(), path.read_bytes()  # noqa: ASYNC240  nobody else waits

    async def content() -> AsyncIterator[bytes]:
        yield data

    try:
        async with container() as request:
            upload = await request.get(UploadDocument)
            sent = await upload(
                Actor(owner, EVERYTHING_OWN), Upload(path.name, content()), Details()
            )
    except UnsupportedFile:
        return Outcome(path.name, 0, 0, "refused", time.monotonic() - began)
    if not sent.created:
        return Outcome(path.name, 0, 0, "the same again", time.monotonic() - began)
    await follow(container, owner, sent.document.id)
    pages, characters, outcome = await checked(container, owner, sent.document.id)
    return Outcome(path.name, pages, characters, outcome, time.monotonic() - began)


async def follow(container: AsyncContainer, owner: UserId, document: DocumentId) -> None:
    """As the worker does."""
    async with container() as request:
        version = await (await request.get(Versions)).newest(owner, document)
    for step, event in STEPS:
        async with container() as request:
            follower = await request.get(step)
            await follower(event((await request.get(Ids)).next(), owner, version.id))


async def checked(
    container: AsyncContainer, owner: UserId, document: DocumentId
) -> tuple[int, int, str]:
    """Pages, characters, outcome; and every passage and sentence is what its span says."""
    async with container() as request:
        reader = await request.get(DocumentReader)
        status = await reader.status(owner, document)
        if status.processing_status is Status.FAILED:
            assert status.processing_error is not None
            assert status.processing_error.detail
            return 0, 0, status.processing_error.code
        assert status.processing_status is Status.COMPLETED
        version = await (await request.get(Versions)).newest(owner, document)
        texts = await request.get(Texts)
        text = await texts.get(owner, version.id)
        shown = await reader.content(owner, document)
        chunks = await texts.chunks(owner, version.id, limit=1_000_000)
    assert shown.content == text.content
    assert chunks
    for chunk in chunks:
        assert chunk.span.of(text.content) == chunk.content
        for sentence in chunk.sentences:
            assert chunk.span.start <= sentence.span.start < sentence.span.end <= chunk.span.end
            assert sentence.span.of(text.content).strip()
    return len(text.pages), len(text.content), "completed"


def left_over(temporary: Path) -> tuple[set[str], int, list[Path]]:
    """Processes, open files, temporary files."""
    return children(), len(list(Path("/proc/self/fd").iterdir())), list(temporary.iterdir())


def table(outcomes: list[Outcome]) -> str:
    lines = [f"\n{'file':50} {'pages':>6} {'characters':>11} {'seconds':>8}  outcome"]
    lines += [
        f"{one.file[:50]:50} {one.pages:6} {one.characters:11,} {one.seconds:8.2f}  {one.outcome}"
        for one in sorted(outcomes, key=lambda one: (one.outcome, one.file))
    ]
    counted = Counter(one.outcome for one in outcomes)
    return "\n".join([*lines, *(f"{count:5} {outcome}" for outcome, count in counted.items())])
