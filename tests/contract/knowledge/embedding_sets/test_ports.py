"""What the adapters of EmbeddingSets, Vectors and VectorUpkeep promise."""

from dataclasses import replace
from datetime import timedelta

import pytest
from dishka import AsyncContainer

from application.knowledge.embedding_ports import Coverage, EmbeddingSets, Vectors, VectorUpkeep
from application.knowledge.ports import SearchIndex, Versions
from application.shared.ports import Transaction
from domain.knowledge.document import Failure, Step
from domain.knowledge.embedding import REST, TRIES, EmbeddingSet, SetState
from domain.shared.ids import ChunkId, UserId
from tests.contract.identity.test_users import THEN
from tests.contract.knowledge.embedding_sets.steps import fail
from tests.contract.knowledge.library import LEASE, Stored, delete, put_vectors, store_version

SET = "one"
VECTOR = (1.0, 0.0)


def a_set(name: str = SET, state: SetState = SetState.BUILDING) -> EmbeddingSet:
    return EmbeddingSet(name=name, dimensions=2, state=state, created_at=THEN, changed_at=THEN)


async def save(world: AsyncContainer, one: EmbeddingSet) -> None:
    async with world() as request:
        await (await request.get(EmbeddingSets)).save(one)


async def others(world: AsyncContainer) -> list[EmbeddingSet]:
    """All but the one that a fresh database has."""
    async with world() as request:
        found = await (await request.get(EmbeddingSets)).all()
    return [one for one in found if not one.name.startswith("minilm")]


async def lacking(world: AsyncContainer, stored: Stored, **which: int) -> list[ChunkId]:
    async with world() as request:
        vectors = await request.get(Vectors)
        owner, version = stored.document.user_id, stored.version.id
        found = await vectors.lacking(owner, version, SET, **{"limit": 10} | which)
    return [chunk.id for chunk in found]


async def upkeep(world: AsyncContainer) -> VectorUpkeep:
    async with world() as request:
        found: VectorUpkeep = await request.get(VectorUpkeep)
        return found


async def at_step(world: AsyncContainer, stored: Stored, step: Step | None) -> None:
    async with world() as request:
        await (await request.get(Versions)).save(replace(stored.version, step=step))


async def test_a_set_is_kept_counted_and_removed(world: AsyncContainer) -> None:
    one = a_set()
    await save(world, one)
    later = replace(one, state=SetState.RETIRED, changed_at=THEN + timedelta(days=1))
    await save(world, later)
    assert await others(world) == [later]
    async with world() as request:
        sets = await request.get(EmbeddingSets)
        async with await request.get(Transaction):
            assert await sets.locked() == await sets.held() == await sets.all()
            await sets.remove(SET)
            await sets.remove("unknown")
    assert await others(world) == []


async def test_what_lacks_a_vector_is_told_in_order_and_to_its_owner_only(
    world: AsyncContainer, ada: UserId, bob: UserId
) -> None:
    await save(world, a_set())
    stored = await store_version(world, ada, "Lease", *LEASE)
    ids = [chunk.id for chunk in stored.chunks]
    assert await lacking(world, stored) == ids
    assert await lacking(world, stored, limit=2) == ids[:2]
    assert await lacking(world, stored, start=1, limit=2) == ids[1:3]
    await put_vectors(world, stored, [VECTOR] * 2, SET)
    assert await lacking(world, stored) == ids[2:]
    async with world() as request:
        vectors = await request.get(Vectors)
        assert await vectors.lacking(bob, stored.version.id, SET, limit=10) == []


async def test_vectors_are_removed_owner_by_owner_and_set_by_set(
    world: AsyncContainer, ada: UserId, bob: UserId
) -> None:
    await save(world, a_set())
    await save(world, a_set("two", SetState.RETIRED))
    for owner in (ada, bob):
        stored = await store_version(world, owner, "Lease", *LEASE)
        for name in (SET, "two"):
            await put_vectors(world, stored, [VECTOR] * 4, name)
    found = await upkeep(world)
    assert await found.owners(SET, 10) == sorted([ada, bob])
    assert len(await found.owners(SET, 1)) == 1
    async with world() as request:
        vectors = await request.get(Vectors)
        assert await vectors.remove(ada, SET, 3) == 3
        assert await vectors.remove(ada, SET, 3) == 1
        assert await vectors.remove(ada, SET, 3) == 0
    assert await found.owners(SET, 10) == [bob]
    assert await found.owners("two", 10) == sorted([ada, bob])


async def test_tries_that_failed_are_counted_version_by_version_and_set_by_set(
    world: AsyncContainer, ada: UserId, bob: UserId
) -> None:
    for name in (SET, "two"):
        await save(world, a_set(name, SetState.BUILDING if name == SET else SetState.RETIRED))
    hers, his = [await store_version(world, owner, "Lease", *LEASE) for owner in (ada, bob)]
    found, work = await upkeep(world), [(ada, hers.version.id), (bob, his.version.id)]
    await fail(world, hers, SET, [THEN] * (TRIES - 1))
    assert await found.incomplete(SET, THEN, after=None, limit=10) == work
    await fail(world, hers, SET, [THEN])
    assert await found.incomplete(SET, THEN, after=None, limit=10) == work[1:]
    assert await found.incomplete(SET, THEN + REST, after=None, limit=10) == work
    assert await found.incomplete("two", THEN, after=None, limit=10) == work
    assert (await found.counted())[SET] == Coverage(done=0, total=8, failed=1)
    assert (await found.counted())["two"] == Coverage(done=0, total=8, failed=0)
    assert await found.owners(SET, 10) == [ada]

    await put_vectors(world, hers, [VECTOR] * 4, SET)
    assert (await found.counted())[SET] == Coverage(done=4, total=8, failed=0)


async def test_tries_are_forgotten_with_the_vectors_of_their_set(
    world: AsyncContainer, ada: UserId, bob: UserId
) -> None:
    await save(world, a_set())
    hers, his = [await store_version(world, owner, "Lease", *LEASE) for owner in (ada, bob)]
    found = await upkeep(world)
    for stored in (hers, his):
        await fail(world, stored, SET, [THEN] * TRIES)
    async with world() as request:
        assert await (await request.get(Vectors)).remove(ada, SET, 10) == 0
    assert await found.owners(SET, 10) == [bob]
    left = await found.incomplete(SET, THEN, after=None, limit=10)
    assert left == [(ada, hers.version.id)]


async def test_nobody_fails_for_another(world: AsyncContainer, ada: UserId, bob: UserId) -> None:
    await save(world, a_set())
    stored = await store_version(world, ada, "Lease", *LEASE)
    async with world() as request:
        vectors = await request.get(Vectors)
        for _ in range(TRIES):
            await vectors.failed(bob, stored.version.id, SET, THEN)
    assert (await (await upkeep(world)).counted())[SET].failed == 0


async def test_the_work_is_what_readers_see_or_will_see(
    world: AsyncContainer, ada: UserId, bob: UserId
) -> None:
    await save(world, a_set())
    found = await upkeep(world)
    published = await store_version(world, bob, "Published", *LEASE)
    complete = await store_version(world, ada, "Complete", *LEASE)
    await put_vectors(world, complete, [VECTOR] * 4, SET)
    about_to_be = await store_version(world, ada, "About to be published", "x", publish=False)
    await at_step(world, about_to_be, Step.PUBLISH)
    not_yet = await store_version(world, ada, "Not yet embedded", "x", publish=False)
    await at_step(world, not_yet, Step.EMBED)
    failed = await store_version(world, ada, "Failed", "x", publish=False)
    failed.version.step = Step.PUBLISH
    failed.version.fail(Failure.INTERNAL, "", THEN)
    await at_step(world, failed, Step.PUBLISH)
    deleted = await store_version(world, ada, "Deleted", "x")
    await delete(world, deleted.document)

    work = [(bob, published.version.id), (ada, about_to_be.version.id)]
    assert await found.incomplete(SET, THEN, after=None, limit=10) == work
    assert await found.incomplete(SET, THEN, after=None, limit=1) == work[:1]
    assert await found.incomplete(SET, THEN, after=published.version.id, limit=10) == work[1:]
    assert (await found.counted())[SET] == Coverage(done=4, total=9)

    await put_vectors(world, published, [VECTOR] * 3, SET)
    assert await found.incomplete(SET, THEN, after=None, limit=10) == work
    await put_vectors(world, published, [VECTOR] * 4, SET)
    assert await found.incomplete(SET, THEN, after=None, limit=10) == work[1:]


async def test_an_index_may_be_made_and_dropped_again_and_again(world: AsyncContainer) -> None:
    found, one = await upkeep(world), a_set("an/odd-set--1.0_x")
    for _ in range(2):
        await found.create_index(one)
    for _ in range(2):
        await found.drop_index(one)


@pytest.mark.parametrize("world", ["postgres"], indirect=True)
async def test_a_vector_for_a_set_that_is_gone_is_left_out(
    world: AsyncContainer, ada: UserId
) -> None:
    stored = await store_version(world, ada, "Lease", *LEASE)
    async with world() as request:
        index = await request.get(SearchIndex)
        await index.put_vectors(ada, "gone", [(stored.chunks[0].id, VECTOR)])
    assert await (await upkeep(world)).owners("gone", 10) == []
