"""Documents that are ingested in this process, step by step, as the worker does it."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import typst
from dishka import AsyncContainer

from adapters.postgres.database import Database
from adapters.postgres.pool import open_pool
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
from benchmarks.library import add_owner
from benchmarks.processes import ROOT
from domain.knowledge.document import Status
from domain.knowledge.events import (
    ChunksEmbedded,
    DocumentUploaded,
    TermsIndexed,
    TextChunked,
    TextExtracted,
)
from domain.shared.ids import DocumentId, UserId
from entrypoints.container import production
from entrypoints.settings import Settings

WITHOUT_MODEL = (
    (ExtractText, DocumentUploaded),
    (ChunkText, TextExtracted),
    (IndexTerms, TextChunked),
)
PUBLISH = (PublishVersion, ChunksEmbedded)
EMBED = (EmbedChunks, TermsIndexed)


def contract(pages: int, number: int = 0) -> bytes:
    """A PDF of so many pages of text, each with a heading, a running head and its number."""
    words = (ROOT / "docs/demo/services-agreement.md").read_text().split()
    text = [word for word in words if word.isalpha()]
    markup = ['#set page(numbering: "1", header: [Services agreement])', f"Copy {number}."]
    at = 0
    for page in range(1, pages + 1):
        paragraphs = []
        for _ in range(6):
            paragraphs.append(" ".join(text[(at + n) % len(text)] for n in range(70)) + ".")
            at += 70
        markup.append(f"= Clause {page}\n" + "\n\n".join(paragraphs))
        if page < pages:
            markup.append("#pagebreak()")
    made = typst.compile("\n\n".join(markup).encode())
    assert isinstance(made, bytes)
    assert len(pypdfium2.PdfDocument(made)) == pages
    return made


@asynccontextmanager
async def world(settings: Settings) -> AsyncIterator[tuple[AsyncContainer, UserId]]:
    """The use cases on Postgres, in this process, and a new owner."""
    pool = await open_pool(settings.database_url or "", 1)
    owner = await add_owner(Database(pool), f"ingest-{settings.embeddings}")
    await pool.close()
    container = production(settings)
    try:
        yield container, owner
    finally:
        await container.close()


async def upload(container: AsyncContainer, owner: UserId, data: bytes) -> DocumentId:
    async def content() -> AsyncIterator[bytes]:
        yield data

    async with container() as request:
        send = await request.get(UploadDocument)
        sent = await send(
            Actor(owner, EVERYTHING_OWN), Upload("contract.pdf", content()), Details()
        )
        return sent.document.id


async def follow(
    container: AsyncContainer, owner: UserId, document: DocumentId, step: Any, event: Any
) -> float:
    """Do a step as the worker does: how many seconds it took."""
    async with container() as request:
        version = await (await request.get(Versions)).newest(owner, document)
    async with container() as request:
        follower = await request.get(step)
        fact = event((await request.get(Ids)).next(), owner, version.id)
        return await awaited(lambda: follower(fact))


async def passages_of(container: AsyncContainer, owner: UserId, document: DocumentId) -> list[str]:
    """As the model is given them."""
    async with container() as request:
        version = await (await request.get(Versions)).newest(owner, document)
        chunks = await (await request.get(Texts)).chunks(owner, version.id, limit=100_000)
    return [f"contract.pdf > {chunk.heading}\n{chunk.content}" for chunk in chunks]


async def status(container: AsyncContainer, owner: UserId, document: DocumentId) -> Status:
    reader: DocumentReader = await container.get(DocumentReader)
    return (await reader.status(owner, document)).processing_status


async def awaited(work: Callable[[], Awaitable[object]]) -> float:
    """How many seconds it took."""
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began
