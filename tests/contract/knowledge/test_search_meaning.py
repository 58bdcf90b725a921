"""What any SearchIndex promises of vectors."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from dishka import AsyncContainer

from adapters.models.minilm import MiniLmEmbedder
from application.knowledge.embedding_ports import EmbeddingSets, VectorUpkeep
from application.knowledge.ports import SearchIndex
from application.knowledge.views import Mode
from domain.knowledge.embedding import EmbeddingSet, SetState
from domain.shared.ids import ChunkId, UserId
from tests.contract.identity.test_users import THEN
from tests.contract.knowledge.library import (
    FEES,
    LEASE,
    NOTICE,
    PETS,
    SET,
    axis,
    put_vectors,
    search,
    store_version,
)

ANOTHER = EmbeddingSet(
    name="another-set",
    dimensions=3,
    state=SetState.BUILDING,
    created_at=THEN,
    changed_at=THEN,
)


@pytest.fixture(scope="module")
def minilm() -> Iterator[MiniLmEmbedder]:
    embedder = MiniLmEmbedder()
    yield embedder
    embedder.close()


async def test_meaning_is_found_without_a_common_word(
    world: AsyncContainer, ada: UserId, minilm: MiniLmEmbedder
) -> None:
    stored = await store_version(world, ada, "Lease", *LEASE)
    await put_vectors(world, stored, await minilm.embed([f"Lease\n{text}" for text in LEASE]))
    for question, answer in (
        ("penalty for overdue payments", FEES),
        ("am I permitted to keep a puppy?", PETS),
        ("how can I cancel the contract?", NOTICE),
    ):
        (vector,) = await minilm.embed([question])
        hits = await search(world, ada, question, vector, mode=Mode.SEMANTIC)
        assert hits[0].text == answer
        assert hits[0].legs.semantic == 1
        assert (await search(world, ada, question, vector))[0].text == answer


async def test_without_a_vector_words_decide(world: AsyncContainer, ada: UserId) -> None:
    stored = await store_version(world, ada, "Lease", *LEASE)
    await put_vectors(world, stored, [axis(n) for n in range(4)])
    assert [hit.text for hit in await search(world, ada, "late fee")] == [FEES]
    assert await search(world, ada, "late fee", mode=Mode.SEMANTIC) == []


async def test_a_mode_leaves_a_list_out(world: AsyncContainer, ada: UserId) -> None:
    stored = await store_version(world, ada, "Lease", *LEASE)
    await put_vectors(world, stored, [axis(n) for n in range(4)])
    lexical = await search(world, ada, "late fee", axis(2), mode=Mode.LEXICAL)
    assert [(h.text, h.legs.lexical, h.legs.semantic) for h in lexical] == [(FEES, 1, None)]
    semantic = await search(world, ada, "late fee", axis(2), mode=Mode.SEMANTIC)
    assert (semantic[0].text, semantic[0].legs.lexical, semantic[0].legs.semantic) == (
        *(NOTICE, None, 1),
    )
    hybrid = await search(world, ada, "late fee", axis(2))
    first, second = hybrid[:2]
    assert {first.text, second.text} == {FEES, NOTICE}
    assert first.text == FEES  # in both lists
    assert second.legs.lexical is None
    assert second.legs.semantic == 1


async def test_a_later_vector_replaces_an_earlier_one(world: AsyncContainer, ada: UserId) -> None:
    stored = await store_version(world, ada, "Lease", FEES, PETS)
    await put_vectors(world, stored, [axis(0), axis(1)])
    await put_vectors(world, stored, [axis(1), axis(0)])
    assert (await search(world, ada, "x", axis(0), mode=Mode.SEMANTIC))[0].text == PETS


async def test_a_vector_of_a_chunk_that_is_gone_is_left_out(
    world: AsyncContainer, ada: UserId
) -> None:
    async with world() as request:
        index = await request.get(SearchIndex)
        await index.put_vectors(ada, SET, [(ChunkId(uuid4()), axis(0))])
        await index.put_vectors(ada, SET, [])
    assert await search(world, ada, "x", axis(0)) == []


async def test_vectors_of_another_set_are_not_compared(world: AsyncContainer, ada: UserId) -> None:
    stored = await store_version(world, ada, "Lease", *LEASE)
    async with world() as request:
        await (await request.get(EmbeddingSets)).save(ANOTHER)
    await put_vectors(world, stored, [(1.0, 0.0, 0.0)] * 4, ANOTHER.name)
    async with world() as request:
        made = await (await request.get(VectorUpkeep)).owners(ANOTHER.name, 10)
    assert made == [ada]
    assert await search(world, ada, "x", axis(0), mode=Mode.SEMANTIC) == []
