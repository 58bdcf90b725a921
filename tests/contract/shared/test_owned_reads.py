"""A lone read of an owner's rows sets the owner in the same trip (ADR 0008): row security must see
it, and must not see it afterwards. Each is asked a dozen times, for from the sixth on the server
may use a plan that was made for any value."""

import asyncio

import pytest
from dishka import AsyncContainer
from sqlalchemy import bindparam, select

from adapters.postgres.database import Database, Statement
from adapters.postgres.pool import Pool
from adapters.postgres.tables.knowledge import documents
from domain.shared.ids import UserId
from tests.contract.knowledge.test_documents import a_document

_d = documents.c
_EVERYBODYS = Statement(select(_d.id, _d.user_id).order_by(_d.id.desc()))
_NEWEST = Statement(select(_d.id).order_by(_d.id.desc()).limit(bindparam("limit")))
_OF = Statement(select(_d.id).where(_d.user_id == bindparam("owner")))


@pytest.fixture
async def pool(postgres: AsyncContainer) -> Pool:
    return await postgres.get(Pool)


@pytest.fixture
async def ada(postgres: AsyncContainer) -> UserId:
    return (await a_document(postgres))[0].user_id


@pytest.fixture
async def bob(postgres: AsyncContainer) -> UserId:
    return (await a_document(postgres, "bob@example.org"))[0].user_id


async def test_a_read_that_forgets_the_owner_still_sees_only_theirs(
    pool: Pool, ada: UserId, bob: UserId
) -> None:
    for _ in range(12):
        for owner in (ada, bob):
            rows = await Database(pool).rows(_EVERYBODYS, owner=owner)
            assert [row["user_id"] for row in rows] == [owner]


async def test_a_read_without_owner_sees_nothing_also_after_one_with(
    pool: Pool, ada: UserId
) -> None:
    for _ in range(12):
        assert await Database(pool).rows(_EVERYBODYS, owner=ada)
        assert await Database(pool).rows(_EVERYBODYS) == []


async def test_one_owner_asking_for_anothers_rows_finds_none(
    pool: Pool, ada: UserId, bob: UserId
) -> None:
    for _ in range(12):
        assert await Database(pool).rows(_OF, {"owner": bob}, ada) == []


async def test_many_owners_at_once_see_their_own(pool: Pool, ada: UserId, bob: UserId) -> None:
    owners = [ada, bob] * 50
    found = await asyncio.gather(
        *(Database(pool).rows(_EVERYBODYS, owner=owner) for owner in owners)
    )
    assert [[row["user_id"] for row in rows] for rows in found] == [[owner] for owner in owners]


async def test_order_and_limit_are_those_of_the_read(
    pool: Pool, postgres: AsyncContainer, ada: UserId
) -> None:
    async with postgres() as request:
        database = await request.get(Database)
        every = await database.rows(_EVERYBODYS, owner=ada)
    rows = await Database(pool).rows(_NEWEST, {"limit": 1}, ada)
    assert [row["id"] for row in rows] == [every[0]["id"]]


async def test_a_transaction_asks_as_its_owner_too(pool: Pool, ada: UserId, bob: UserId) -> None:
    database = Database(pool)
    async with database:
        for owner in (ada, bob, ada):
            rows = await database.rows(_EVERYBODYS, owner=owner)
            assert [row["user_id"] for row in rows] == [owner]
