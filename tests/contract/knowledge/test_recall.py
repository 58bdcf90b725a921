"""The index of vectors is probed: how much of what is nearest it finds."""

import random

import pytest
from dishka import AsyncContainer

from adapters.postgres.maintenance import PostgresIndexedOwners, maintenance
from application.knowledge.embedding_ports import EmbeddingSets
from application.knowledge.recall import ProbeRecall, RecallProbe
from application.operations.ports import Probes
from application.shared.ports import Clock
from domain.shared.ids import UserId
from tests.contract.knowledge.library import SET, put_vectors, store_version, unit


@pytest.fixture
def world(postgres: AsyncContainer) -> AsyncContainer:
    return postgres


async def a_library(world: AsyncContainer, owner: UserId, documents: int) -> None:
    source = random.Random(5)  # noqa: S311
    for n in range(documents):
        stored = await store_version(world, owner, f"Document {n}", *["words"] * 20)
        await put_vectors(world, stored, [unit(source) for _ in range(20)])


async def probe(world: AsyncContainer, database: str, exact: int) -> int:
    async with world() as request, maintenance(database) as everybodys:
        owners = PostgresIndexedOwners(everybodys, exact)
        made, sets = await request.get(RecallProbe), await request.get(EmbeddingSets)
        return await ProbeRecall(owners, made, sets, await request.get(Clock))()


async def test_somebody_with_many_passages_is_probed_and_the_recall_shown(
    postgres: AsyncContainer, database: str, ada: UserId, bob: UserId
) -> None:
    await a_library(postgres, ada, 8)
    await a_library(postgres, bob, 1)
    assert await probe(postgres, database, exact=100) == 50
    async with postgres() as request:
        (shown,) = await (await request.get(Probes)).recall()
    assert (shown.embedding_set, shown.compared) == (SET, 50)
    assert 0.97 <= shown.recall <= 1
    assert (
        await probe(postgres, database, exact=100) == 50
    )  # again: it takes the place of the first


async def test_where_all_are_compared_nothing_is_probed(world: AsyncContainer, ada: UserId) -> None:
    await a_library(world, ada, 1)
    async with world() as request:
        assert await (await request.get(ProbeRecall))() == 0
        assert await (await request.get(Probes)).recall() == []
