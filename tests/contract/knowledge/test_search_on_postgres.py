"""What is only true of search on Postgres: above `exact` passages the HNSW index answers, and the
settings that it needs are gone afterwards."""

import random
from uuid import uuid4

import asyncpg
import pytest
from dishka import AsyncContainer

from adapters.postgres.database import Database
from adapters.postgres.knowledge.search import PostgresSearchIndex
from adapters.postgres.knowledge.search_tuning import TUNE
from adapters.postgres.knowledge.search_vectors import nearest
from adapters.postgres.knowledge.vector_index import index_name
from application.knowledge.ports import Embedding, Vector
from application.knowledge.views import Hit, Mode, Query
from domain.shared.ids import UserId
from tests.contract.knowledge.conftest import an_owner
from tests.contract.knowledge.library import (
    FEES,
    LEASE,
    PETS,
    SET,
    axis,
    put_vectors,
    search,
    store_version,
    unit,
)


@pytest.fixture
def world(postgres: AsyncContainer) -> AsyncContainer:
    return postgres


async def search_above(
    world: AsyncContainer, exact: int, owner: UserId, query: Query, vector: Vector
) -> list[Hit]:
    async with world() as request:
        index = PostgresSearchIndex(await request.get(Database))
        index.exact = exact
        return (await index.search(owner, query, Embedding(SET, vector))).hits


async def test_the_index_finds_what_comparing_all_finds(
    world: AsyncContainer, ada: UserId, bob: UserId
) -> None:
    shared = random.Random(1)  # noqa: S311
    for owner in (ada, bob):
        for n in range(20):
            texts = [f"passage {n} {m}" for m in range(20)]
            stored = await store_version(world, owner, f"Document {n}", *texts)
            await put_vectors(world, stored, [unit(shared) for _ in texts])
    same = 0
    for _ in range(10):
        vector, query = unit(shared), Query("passage", mode=Mode.SEMANTIC, limit=20)
        exact = await search_above(world, 10_000, ada, query, vector)
        near = await search_above(world, 10, ada, query, vector)
        assert len(near) == len(exact) == 20
        same += len({hit.chunk_id for hit in near} & {hit.chunk_id for hit in exact})
    assert same / 200 >= 0.97


async def test_the_index_is_used_under_row_security(world: AsyncContainer, ada: UserId) -> None:
    """A predicate or a cast written differently would quietly compare everything."""
    statement = nearest(SET, 384)
    values = {"user_id": ada, "versions": [uuid4()], "vector": axis(0), "most": 100}
    async with world() as request:
        database = await request.get(Database)
        async with database:
            await database.row(TUNE, owner=ada)
            for mode in ("force_custom_plan", "force_generic_plan"):
                await database.connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
                plan = await database.connection.fetch(
                    f"EXPLAIN {statement.sql}", *statement.arguments(values)
                )
                assert index_name(SET) in "\n".join(line for (line,) in plan)


async def test_when_the_index_has_too_little_all_are_compared(
    world: AsyncContainer, ada: UserId
) -> None:
    stored = await store_version(world, ada, "Lease", *LEASE)
    await put_vectors(world, stored, [axis(n) for n in range(3)])
    before = PostgresSearchIndex.fallbacks
    query = Query("x", mode=Mode.SEMANTIC, document_ids=[stored.document.id])
    hits = await search_above(world, 2, ada, query, axis(1))  # four passages, three vectors
    assert len(hits) == 3
    assert hits[0].text == PETS
    assert PostgresSearchIndex.fallbacks == before + 1


async def test_what_names_no_set_never_becomes_sql(world: AsyncContainer, ada: UserId) -> None:
    await store_version(world, ada, "Lease", *LEASE)
    async with world() as request:
        index = PostgresSearchIndex(await request.get(Database))
        with pytest.raises(ValueError, match="not the name"):
            await index.search(ada, Query("fee"), Embedding("x' OR 'a' = 'a", axis(0)))


async def test_an_open_transaction_is_left_as_it_was(world: AsyncContainer) -> None:
    """Its settings are its own again, and it still knows whose rows it may see."""
    ada, bob = [await an_owner(world, f"{name}@example.org") for name in ("ada", "bob")]
    stored = await store_version(world, ada, "Lease", *LEASE)
    async with world() as request:
        database = await request.get(Database)
        index = PostgresSearchIndex(database)
        async with database:
            await database.connection.execute("SET LOCAL work_mem = '5MB'")
            await database.connection.execute("SELECT '[0]'::halfvec")  # brings its settings
            before = await _settings(database)
            (hit,) = (await index.search(ada, Query("late fee"), None)).hits
            assert hit.text == FEES
            assert await _settings(database) == before
            await index.put_vectors(ada, SET, [(stored.chunks[0].id, axis(0))])
            of_bob = await index.search(bob, Query("late fee"), Embedding(SET, axis(0)))
            assert of_bob.hits == []
            await index.put_vectors(ada, SET, [(stored.chunks[1].id, axis(1))])
    assert len(await search(world, ada, "x", axis(0), mode=Mode.SEMANTIC)) == 2


async def test_a_search_that_fails_spoils_no_transaction(
    world: AsyncContainer, ada: UserId
) -> None:
    stored = await store_version(world, ada, "Lease", *LEASE)
    await put_vectors(world, stored, [axis(n) for n in range(4)])
    async with world() as request:
        database = await request.get(Database)
        index = PostgresSearchIndex(database)
        async with database:
            with pytest.raises(asyncpg.DataError, match="different halfvec dimensions"):
                await index.search(ada, Query("fee"), Embedding(SET, (1.0, 0.0)))
            assert (await index.search(ada, Query("late fee"), None)).hits


async def _settings(database: Database) -> list[object]:
    found = await database.connection.fetchrow(
        """SELECT current_setting('enable_sort'), current_setting('work_mem'),
        current_setting('hnsw.iterative_scan'), current_setting('hnsw.ef_search'),
        current_setting('max_parallel_workers_per_gather')"""
    )
    assert found is not None
    return list(found)
