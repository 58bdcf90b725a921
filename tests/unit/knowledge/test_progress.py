"""Watching a document while it is read."""

import asyncio
from contextlib import aclosing
from itertools import pairwise

import pytest

from adapters.memory.world import World
from application.knowledge.documents import DeleteDocument
from application.knowledge.progress import WatchDocument
from application.shared.actor import Actor
from domain.knowledge.document import Status, Step
from domain.shared.errors import Forbidden, NotFound
from tests.unit.knowledge.test_ingestion import a_user, upload


async def test_steps_are_seen_in_their_order_and_the_end_is_the_end() -> None:
    world = World()
    ada = await a_user(world)
    document = await upload(world, ada)
    seen = []
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        statuses = world.get(WatchDocument)(ada, document.id)
        seen.append(await anext(statuses))
        group.create_task(world.drain())
        seen += [status async for status in statuses]
    assert seen[0].processing_status is Status.PENDING
    assert seen[-1].processing_status is Status.COMPLETED
    steps = [list(Step).index(one.processing_step) for one in seen if one.processing_step]
    assert len(steps) > 1
    assert steps == sorted(steps)
    assert all(one != another for one, another in pairwise(seen))


async def test_whoever_comes_after_the_end_is_told_the_end() -> None:
    world = World()
    ada = await a_user(world)
    document = await upload(world, ada)
    await world.drain()
    (status,) = [s async for s in world.get(WatchDocument)(ada, document.id)]
    assert status.processing_status is Status.COMPLETED


async def test_watching_ends_when_the_document_is_deleted() -> None:
    world = World()
    ada = await a_user(world)
    document = await upload(world, ada)
    async with asyncio.timeout(10), aclosing(world.get(WatchDocument)(ada, document.id)) as watch:
        await anext(watch)
        await world.get(DeleteDocument)(ada, document.id)
        with pytest.raises(NotFound):
            await anext(watch)


async def test_nobody_watches_anothers_document() -> None:
    world = World()
    ada, bob = await a_user(world), await a_user(world, "bob@example.org")
    document = await upload(world, ada)
    with pytest.raises(NotFound):
        await anext(world.get(WatchDocument)(bob, document.id))
    with pytest.raises(Forbidden):
        await anext(world.get(WatchDocument)(Actor(ada.user_id), document.id))
