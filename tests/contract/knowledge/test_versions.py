"""Versions, deletion and their races, through the use cases, in memory and on Postgres."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from dishka import AsyncContainer

from adapters.postgres.tables import metadata
from application.files.exports import Upload
from application.knowledge.batch import ChangeDocuments, ReprocessAll
from application.knowledge.documents import DeleteDocument, PurgeDocument, UploadDocument
from application.knowledge.metadata import Details
from application.knowledge.ports import DocumentReader, Texts, Versions
from application.knowledge.search import SearchDocuments
from application.knowledge.steps import Ingested, Progress
from application.knowledge.versions import AddVersion, RetryDocument
from application.knowledge.views import (
    DocumentFilter,
    DocumentView,
    Query,
    StatusView,
)
from application.shared.actor import EVERYTHING_OWN, Actor
from application.shared.page import SliceRequest
from domain.knowledge.document import DocumentNotFailed, Status, Step
from domain.knowledge.events import (
    ChunksEmbedded,
    DocumentCompleted,
    DocumentDeleted,
    DocumentUploaded,
    TermsIndexed,
    TextChunked,
    TextExtracted,
)
from domain.knowledge.text import RawPage, canonical
from domain.shared.errors import NotFound
from domain.shared.ids import UserId
from entrypoints.settings import Settings
from tests.contract.knowledge.conftest import an_owner
from tests.pipeline import drain

FACTS: dict[Step, type[Ingested]] = {
    Step.EXTRACT: DocumentUploaded,
    Step.CHUNK: TextExtracted,
    Step.INDEX: TextChunked,
    Step.EMBED: TermsIndexed,
    Step.PUBLISH: ChunksEmbedded,
}


def sent(text: str) -> Upload:
    async def content() -> AsyncIterator[bytes]:
        yield text.encode()

    return Upload("policy.md", content())


@pytest.fixture
def owner(ada: UserId) -> Actor:
    return Actor(ada, EVERYTHING_OWN)


async def upload(world: AsyncContainer, actor: Actor, text: str) -> DocumentView:
    async with world() as request:
        return (await (await request.get(UploadDocument))(actor, sent(text), Details())).document


async def add(world: AsyncContainer, actor: Actor, document: DocumentView, text: str) -> bool:
    async with world() as request:
        return (await (await request.get(AddVersion))(actor, document.id, sent(text))).created


async def status(world: AsyncContainer, actor: Actor, document: DocumentView) -> StatusView:
    reader: DocumentReader = await world.get(DocumentReader)
    return await reader.status(actor.user_id, document.id)


async def found(world: AsyncContainer, actor: Actor, query: str) -> list[str]:
    async with world() as request:
        hits = await (await request.get(SearchDocuments))(actor, Query(query))
        return [hit.text for hit in hits.items]


async def test_of_versions_sent_at_once_one_is_left_and_served(
    world: AsyncContainer, owner: Actor
) -> None:
    document = await upload(world, owner, "Invoices are kept.")
    rest = [add(world, owner, document, f"Invoices are kept {n} years.") for n in range(2, 8)]
    await asyncio.gather(drain(world), *rest)
    await drain(world)

    now = await status(world, owner, document)
    assert (now.version, now.served_version) == (7, 7)
    assert now.processing_status is Status.COMPLETED
    content = await (await world.get(DocumentReader)).content(owner.user_id, document.id)
    assert await found(world, owner, "invoices") == [content.content]


async def test_of_retries_at_once_one_begins(world: AsyncContainer, owner: Actor) -> None:
    document = await upload(world, owner, " \n ")
    await drain(world)

    async def retry() -> bool:
        async with world() as request:
            try:
                await (await request.get(RetryDocument))(owner, document.id)
            except DocumentNotFailed:
                return False
            return True

    assert sum(await asyncio.gather(*(retry() for _ in range(5)))) == 1
    await drain(world)
    assert (await status(world, owner, document)).processing_status is Status.FAILED


async def test_a_reading_and_a_reprocessing_may_cross(world: AsyncContainer, owner: Actor) -> None:
    document = await upload(world, owner, "Invoices are kept for ten years.")

    async def reprocess() -> None:
        async with world() as request:
            done = await (await request.get(ChangeDocuments))(owner, ReprocessAll([document.id]))
            assert done.done == 1

    await asyncio.gather(drain(world), *(reprocess() for _ in range(4)))
    await drain(world)
    now = await status(world, owner, document)
    assert (now.version, now.served_version) == (5, 5)
    assert await found(world, owner, "invoices") == ["Invoices are kept for ten years."]


@pytest.mark.parametrize("step", Step)
async def test_what_was_deleted_in_the_middle_of_a_step_does_not_come_back(
    world: AsyncContainer, owner: Actor, step: Step
) -> None:
    document = await upload(world, owner, "Invoices are kept for ten years.")
    async with world() as request:
        version = await (await request.get(Versions)).newest(owner.user_id, document.id)
    for earlier in list(Step)[: list(Step).index(step)]:
        await do(world, version, earlier)
    event = FACTS[step](uuid4(), owner.user_id, version.id)

    async with world() as request:
        progress, texts = await request.get(Progress), await request.get(Texts)
        assert await progress.begin(event, step) is not None
        await delete(world, owner, document)

        async def keep() -> None:
            await texts.put(owner.user_id, version.id, canonical([RawPage("Back again.")]))

        await progress.finish(event, step, keep, DocumentCompleted)
        assert not await progress.advance(event, step, 1, keep)
        with pytest.raises(NotFound):
            await texts.get(owner.user_id, version.id)
    await drain(world)
    reader = await world.get(DocumentReader)
    assert await reader.page(owner.user_id, DocumentFilter(), SliceRequest()) == []
    assert await found(world, owner, "invoices") == []


async def do(world: AsyncContainer, version: Any, step: Step) -> None:
    event = FACTS[step](uuid4(), version.user_id, version.id)

    async def nothing() -> None: ...

    async with world() as request:
        progress = await request.get(Progress)
        await progress.begin(event, step)
        await progress.finish(event, step, nothing, DocumentCompleted)


async def delete(world: AsyncContainer, actor: Actor, document: DocumentView) -> None:
    async with world() as request:
        await (await request.get(DeleteDocument))(actor, document.id)
    async with world() as request:
        purge = await request.get(PurgeDocument)
        await purge(DocumentDeleted(uuid4(), actor.user_id, document.id))


async def test_deleting_and_superseding_reach_every_table_and_the_disk(
    postgres: AsyncContainer, database: str, settings: Settings, owner_on_postgres: Actor
) -> None:
    ada = owner_on_postgres
    kept = await upload(postgres, ada, "# Pets\n\nDogs and cats may live here.")
    await drain(postgres)
    before = await everything(database, settings.data_dir)
    assert {*before} >= {"chunks", "chunk_vectors", "postings", "version_statistics", "objects"}

    gone = await upload(postgres, ada, "# Invoices\n\nInvoices are kept for ten years.")
    await drain(postgres)
    twice = await everything(database, settings.data_dir)
    await add(postgres, ada, gone, "# Invoices\n\nInvoices are kept for two years only.")
    await drain(postgres)
    assert {*(await everything(database, settings.data_dir))} == {*twice}
    assert (await everything(database, settings.data_dir))["objects"] == twice["objects"]
    assert (await everything(database, settings.data_dir))["chunks"] == twice["chunks"]
    await add(postgres, ada, gone, " \n ")  # in vain, and the old one stays
    await drain(postgres)
    assert await found(postgres, ada, "invoices kept")

    async with postgres() as request:
        await (await request.get(DeleteDocument))(ada, gone.id)
    assert all("Dogs" in text for text in await found(postgres, ada, "invoices kept"))
    await drain(postgres)
    assert await everything(database, settings.data_dir) == before
    assert (await status(postgres, ada, kept)).processing_status is Status.COMPLETED


@pytest.fixture
async def owner_on_postgres(postgres: AsyncContainer) -> Actor:
    return Actor(await an_owner(postgres, "ada@example.org"), EVERYTHING_OWN)


async def everything(url: str, folder: Path) -> dict[str, int]:
    """How many rows each table has, jobs too, and how many objects there are."""
    tables = [*metadata.tables, "jobs.pgqueuer", "jobs.starts"]
    connection = await asyncpg.connect(url, ssl=False)
    counts = {
        name: await connection.fetchval(f"SELECT count(*) FROM {name}")  # noqa: S608
        for name in tables
    }
    await connection.close()
    objects = [path for path in (folder / "objects").rglob("*") if path.is_file()]
    return {name: count for name, count in counts.items() if count} | {"objects": len(objects)}
