"""How many passages any SearchIndex gives, and in which order."""

import random
from collections import Counter
from uuid import UUID

import pytest
from dishka import AsyncContainer

from application.knowledge.views import Mode
from domain.shared.ids import UserId
from tests.contract.knowledge.conftest import an_owner
from tests.contract.knowledge.library import (
    axis,
    even,
    lean,
    put_vectors,
    search,
    store_version,
)


@pytest.mark.parametrize("limit", [1, 5, 50])
async def test_the_limit_is_reached_as_long_as_passages_match(
    world: AsyncContainer, ada: UserId, limit: int
) -> None:
    for n in range(10):
        await store_version(world, ada, f"Lease {n}", "rent is due", "rent is paid", "no match")
    assert len(await search(world, ada, "rent", limit=limit)) == min(limit, 20)


async def test_one_document_gives_three_passages_unless_it_alone_is_asked(
    world: AsyncContainer, ada: UserId
) -> None:
    rents = [f"rent of month {n}" for n in range(8)]
    first = await store_version(world, ada, "First", *rents)
    second = await store_version(world, ada, "Second", "the rent, among many other words")
    hits = await search(world, ada, "rent")
    assert Counter(hit.document_id for hit in hits) == {first.document.id: 3, second.document.id: 1}
    both = [first.document.id, second.document.id]
    assert len(await search(world, ada, "rent", document_ids=both)) == 4
    assert len(await search(world, ada, "rent", document_ids=[first.document.id])) == 8


async def test_a_long_document_does_not_hide_the_others(world: AsyncContainer, ada: UserId) -> None:
    """Its passages fill the hundred candidates of both lists."""
    long = await store_version(world, ada, "Long", *[f"rent {n}" for n in range(130)])
    await put_vectors(world, long, [axis(0)] * 130)
    for n in range(4):
        short = await store_version(world, ada, f"Short {n}", f"{'other words ' * 20} rent")
        await put_vectors(world, short, [lean(0, 0.5)])
    for mode in Mode:
        hits = await search(world, ada, "rent", axis(0), mode=mode)
        assert Counter(hit.document_title for hit in hits)["Long"] == 3
        assert len(hits) == 7


async def test_scores_fall_and_ties_go_by_id(world: AsyncContainer, ada: UserId) -> None:
    for n in range(5):
        stored = await store_version(world, ada, f"Copy {n}", "the very same rent")
        await put_vectors(world, stored, [axis(0)])
    for mode in Mode:
        hits = await search(world, ada, "rent", axis(0), mode=mode)
        assert [hit.chunk_id for hit in hits] == sorted(hit.chunk_id for hit in hits)
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        assert await search(world, ada, "rent", axis(0), mode=mode) == hits


async def test_both_worlds_agree(memory: AsyncContainer, postgres: AsyncContainer) -> None:
    """Their stemmers differ, so the words here have one form."""
    shared = random.Random(7)  # noqa: S311
    words = [f"w{n}x" for n in range(40)]
    texts = [" ".join(shared.choices(words, k=shared.randint(3, 30))) for _ in range(60)]
    queries = [" ".join(shared.choices(words, k=4)) for _ in range(20)]
    vectors = [even(shared) for _ in texts]
    asked = [even(shared) for _ in queries]
    found = []
    for world in (memory, postgres):
        owner, ids = await an_owner(world, "ada@example.org"), SameIds()
        for n in range(0, 60, 6):
            stored = await store_version(world, owner, "Words", *texts[n : n + 6], ids=ids)
            await put_vectors(world, stored, vectors[n : n + 6])
        hits = [await search(world, owner, q, v) for q, v in zip(queries, asked, strict=True)]
        found.append([[(hit.chunk_id, hit.legs, hit.score) for hit in one] for one in hits])
    assert found[0] == found[1]


class SameIds:
    """The same in both worlds, for ties go by id."""

    def __init__(self) -> None:
        self._source = random.Random(8)  # noqa: S311

    def next(self) -> UUID:
        return UUID(int=self._source.getrandbits(128))
