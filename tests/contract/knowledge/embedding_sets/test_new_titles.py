"""A title is part of what its document's passages are found by, and may change."""

import asyncio

import asyncpg
import pytest
from dishka import AsyncContainer

from application.events import FOLLOWERS
from application.knowledge.embedding_sets import MendEmbeddings
from application.knowledge.metadata import DescribeDocument, Details
from application.knowledge.ports import SearchIndex
from application.shared.actor import EVERYTHING_OWN, Actor
from application.shared.ports import Ids
from domain.knowledge.events import DocumentRenamed
from domain.shared.ids import UserId, VersionId
from tests.contract.knowledge.embedding_sets.conftest import ChangingModels, WordsModel, do
from tests.contract.knowledge.embedding_sets.steps import embedded, start
from tests.contract.knowledge.embedding_sets.test_on_postgres import WAITS, ask, until
from tests.contract.knowledge.library import LEASE, Stored, delete, save, search, store_version
from tests.running import QUICKLY


async def rename(world: AsyncContainer, stored: Stored, title: str) -> None:
    owner = stored.document.user_id
    async with world() as request:
        describe = await request.get(DescribeDocument)
        await describe(Actor(owner, EVERYTHING_OWN), stored.document.id, Details(title=title))
    stored.document.title = title


async def follow(world: AsyncContainer, stored: Stored) -> None:
    """What a worker does about a new title."""
    document = stored.document
    event = DocumentRenamed((await world.get(Ids)).next(), document.user_id, document.id)
    for follower in FOLLOWERS[DocumentRenamed]:
        async with world() as request:
            await (await request.get(follower))(event)


async def test_a_new_title_is_read_with_every_passage(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    model = WordsModel("one")
    await start(world, models, model)
    lease = await store_version(world, ada, "Scan 17", *LEASE)
    await do(world, MendEmbeddings)

    await rename(world, lease, "Elm Street")
    model.read.clear()
    await follow(world, lease)
    assert model.read == [f"Elm Street\n{passage}" for passage in LEASE]
    await follow(world, lease)  # delivered twice

    assert await search(world, ada, "Elm Street")
    assert not await search(world, ada, "scan")
    assert await embedded(world, lease, "one") == 4


async def test_a_version_on_its_way_has_the_new_title_too(
    world: AsyncContainer, ada: UserId
) -> None:
    lease = await store_version(world, ada, "Scan 17", *LEASE, publish=False)
    await rename(world, lease, "Elm Street")
    await follow(world, lease)
    await save(world, lease.document, current=lease.version)
    assert await search(world, ada, "Elm Street")


@pytest.mark.parametrize("world", ["postgres"], indirect=True)
async def test_a_document_may_be_changed_while_its_title_is_indexed(
    world: AsyncContainer, ada: UserId, database: str
) -> None:
    """The last title counts, whoever was first."""
    lease = await store_version(world, ada, "Scan 17", *LEASE)
    await rename(world, lease, "Elm Street")
    blocker = await asyncpg.connect(database, ssl=False)
    await blocker.execute("BEGIN; LOCK TABLE postings IN SHARE MODE")
    following = [asyncio.create_task(follow(world, lease)) for _ in range(2)]
    try:
        await until(lambda: ask(database, WAITS))
        async with asyncio.timeout(QUICKLY):
            await rename(world, lease, "Oak Avenue")
        assert not any(task.done() for task in following)
    finally:
        await blocker.close()
        await asyncio.gather(*following)
    await follow(world, lease)
    assert await search(world, ada, "Oak Avenue")
    assert not await search(world, ada, "Elm Street")


async def test_a_version_that_is_gone_has_no_words(world: AsyncContainer, ada: UserId) -> None:
    async with world() as request:
        index = await request.get(SearchIndex)
        await index.put_terms(ada, VersionId((await world.get(Ids)).next()))
    assert await search(world, ada, "lease") == []


async def test_what_was_deleted_meanwhile_is_not_read_again(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    model = WordsModel("one")
    await start(world, models, model)
    lease = await store_version(world, ada, "Scan 17", *LEASE)
    await rename(world, lease, "Elm Street")
    await delete(world, lease.document)
    await follow(world, lease)
    assert model.read == []
