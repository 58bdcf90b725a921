"""A title is part of what its document's passages are found by, and may change."""

from dishka import AsyncContainer

from application.events import FOLLOWERS
from application.knowledge.embedding_sets import MendEmbeddings
from application.knowledge.metadata import DescribeDocument, Details
from application.shared.actor import EVERYTHING_OWN, Actor
from application.shared.ports import Ids
from domain.knowledge.events import DocumentRenamed
from domain.shared.ids import UserId
from tests.contract.knowledge.embedding_sets.conftest import ChangingModels, WordsModel, do
from tests.contract.knowledge.embedding_sets.steps import embedded, start
from tests.contract.knowledge.library import LEASE, Stored, delete, save, search, store_version


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
