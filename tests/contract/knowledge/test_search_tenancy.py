"""Nobody's passages are in anybody else's answer, however it is asked for; and row security alone
would do."""

from uuid import UUID

import pytest
from dishka import AsyncContainer
from sqlalchemy import text

from adapters.postgres.database import Database, Statement
from application.knowledge.filters import (
    CreatedDuring,
    Filter,
    HasKeyword,
    InCategory,
    InPracticeArea,
    Not,
    OfFileType,
    Or,
)
from application.knowledge.ports import Embedding, SearchIndex
from application.knowledge.views import Mode, Query
from domain.knowledge.metadata import Category
from domain.shared.ids import UserId
from tests.contract.identity.test_users import THEN
from tests.contract.knowledge.conftest import an_owner
from tests.contract.knowledge.library import LEASE, SET, Stored, axis, put_vectors, store_version

EVERYTHING: list[Filter | None] = [
    None,
    Not(InCategory([Category.RESUME])),
    Or([CreatedDuring(since=THEN), Not(CreatedDuring(since=THEN))]),
    Not(HasKeyword(["' OR user_id IS NOT NULL --"])),
    Not(InPracticeArea(["x') OR true --"])),
    OfFileType(["md", "pdf"]),
]
QUERIES = [
    "late fee",
    '"late fee"',
    "late fee -nothing",
    "'; SELECT * FROM chunks; --",
    "fee' OR '1'='1",
    "user_id",
    "$1 :user_id %(user_id)s {owner}",
]


@pytest.fixture
async def theirs(world: AsyncContainer, bob: UserId) -> Stored:
    stored = await store_version(world, bob, "Lease", *LEASE)
    await put_vectors(world, stored, [axis(n) for n in range(4)])
    return stored


@pytest.mark.parametrize("owns", [False, True])
async def test_no_parameter_leads_to_anothers_passages(
    world: AsyncContainer, ada: UserId, theirs: Stored, owns: bool
) -> None:
    if owns:
        mine = await store_version(world, ada, "Mine", "something of my own")
        await put_vectors(world, mine, [axis(9)])
    foreign: list[UUID] = [theirs.document.id, theirs.version.id, theirs.chunks[0].id]
    async with world() as request:
        index = await request.get(SearchIndex)
        for mode in Mode:
            for tree in EVERYTHING:
                for asked in QUERIES:
                    query = Query(asked, mode=mode, filters=tree, limit=50, explain=True)
                    found = await index.search(ada, query, Embedding(SET, axis(0)))
                    assert {hit.document_title for hit in found.hits} <= {"Mine"}
                    assert found.plan.passages == int(owns)
            query = Query("late fee", mode=mode, document_ids=foreign)
            assert (await index.search(ada, query, Embedding(SET, axis(0)))).hits == []


@pytest.mark.parametrize(
    "table",
    ["chunks", "postings", "version_statistics", "chunk_vectors", "documents", "document_texts"],
)
async def test_row_security_hides_them_from_a_statement_that_names_no_owner(
    postgres: AsyncContainer, table: str
) -> None:
    ada, bob = [await an_owner(postgres, f"{name}@example.org") for name in ("ada", "bob")]
    stored = await store_version(postgres, bob, "Lease", *LEASE)
    await put_vectors(postgres, stored, [axis(n) for n in range(4)])
    everything = Statement(text(f"SELECT user_id FROM {table}"))  # noqa: S608  our own names
    async with postgres() as request:
        database = await request.get(Database)
        assert await database.rows(everything, owner=ada) == []
        assert await database.rows(everything) == []
        assert {row["user_id"] for row in await database.rows(everything, owner=bob)} == {bob}
