"""What every adapter promises of the list of documents."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from dishka import AsyncContainer

from application.knowledge.ports import DocumentReader, Documents, Versions
from application.knowledge.views import DocumentFilter, DocumentOrder, DocumentView
from application.shared.page import CursorGone, CursorPaging, Page, PageRequest, SliceRequest
from application.shared.ports import Ids
from domain.knowledge.document import Document, Failure, Status
from domain.knowledge.metadata import Category
from domain.shared.ids import UserId
from tests.contract.identity.test_users import THEN
from tests.contract.knowledge.test_documents import a_document_of

SAID: dict[str, dict[str, Any]] = {
    "Lease": {
        "category": Category.CONTRACT,
        "jurisdiction": "DE",
        "practice_area": "Rent",
        "keywords": ("rent", "übung"),
    },
    "appeal 100%": {
        "category": Category.CASE_LAW,
        "jurisdiction": "Oberlandesgericht KÖLN",
        "keywords": ("appeal", "rent"),
    },
    "Brief_1": {"category": Category.BRIEF, "jurisdiction": "DE", "file_type": "pdf"},
    "brief 11": {},
}
NEWEST_FIRST = ["brief 11", "Brief_1", "appeal 100%", "Lease"]


@pytest.fixture
async def library(world: AsyncContainer, ada: UserId, bob: UserId) -> dict[str, Document]:
    ids = await world.get(Ids)
    await a_document_of(bob, world, ids, title="Lease", sha256="f" * 64)
    made = {}
    for number, (title, said) in enumerate(SAID.items()):
        document, version = await a_document_of(ada, world, ids, title=title, sha256=ids.next().hex)
        document.revise(said, THEN + timedelta(hours=-number))
        if title == "Lease":
            version.fail(Failure.CORRUPT, "it is cut", THEN)
        async with world() as request:
            await (await request.get(Documents)).save(document)
            await (await request.get(Versions)).save(version)
        made[title] = document
    return made


async def page(
    world: AsyncContainer,
    owner: UserId,
    wanted: DocumentFilter | None = None,
    paging: CursorPaging | None = None,
) -> Page[DocumentView]:
    reader = await world.get(DocumentReader)
    found = await reader.page(owner, wanted or DocumentFilter(), paging or PageRequest())
    return found if isinstance(found, Page) else Page(found, None)


async def titles(world: AsyncContainer, owner: UserId, wanted: DocumentFilter) -> list[str]:
    return [view.title for view in (await page(world, owner, wanted)).items]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (DocumentFilter(), NEWEST_FIRST),
        (DocumentFilter(status=Status.FAILED), ["Lease"]),
        (DocumentFilter(status=Status.PENDING), NEWEST_FIRST[:3]),
        (DocumentFilter(category=Category.CASE_LAW), ["appeal 100%"]),
        (DocumentFilter(jurisdiction="DE"), ["Brief_1", "Lease"]),
        (DocumentFilter(jurisdiction="oberlandesgericht Köln"), ["appeal 100%"]),
        (DocumentFilter(practice_area="RENT"), ["Lease"]),
        (DocumentFilter(practice_area="Ren"), []),
        (DocumentFilter(keyword="rent"), ["appeal 100%", "Lease"]),
        (DocumentFilter(keyword="übung"), ["Lease"]),
        (DocumentFilter(file_type="PDF"), ["Brief_1"]),
        (DocumentFilter(text="BRIEF"), ["brief 11", "Brief_1"]),
        (DocumentFilter(text="f_1"), ["Brief_1"]),
        (DocumentFilter(text="0%"), ["appeal 100%"]),
        (DocumentFilter(text="\\"), []),
        (DocumentFilter(text="policy.MD"), NEWEST_FIRST),
        (DocumentFilter(jurisdiction="DE", keyword="rent"), ["Lease"]),
        (DocumentFilter(jurisdiction="DE", keyword="appeal"), []),
        (DocumentFilter(sort=DocumentOrder.CREATED), NEWEST_FIRST[::-1]),
        (
            DocumentFilter(sort=DocumentOrder.TITLE),
            ["appeal 100%", "brief 11", "Brief_1", "Lease"],
        ),
        (
            DocumentFilter(sort=DocumentOrder.TITLE_DOWN),
            ["Lease", "Brief_1", "brief 11", "appeal 100%"],
        ),
    ],
)
@pytest.mark.usefixtures("library")
async def test_a_list_has_what_is_asked_for_in_its_order(
    world: AsyncContainer, ada: UserId, wanted: DocumentFilter, expected: list[str]
) -> None:
    assert await titles(world, ada, wanted) == expected


@pytest.mark.parametrize("sort", DocumentOrder)
@pytest.mark.usefixtures("library")
async def test_pages_of_every_order_have_every_document_once(
    world: AsyncContainer, ada: UserId, sort: DocumentOrder
) -> None:
    wanted = DocumentFilter(sort=sort)
    whole = (await page(world, ada, wanted)).items
    found, after = [], None
    while True:
        part = await page(world, ada, wanted, PageRequest(size=1, after=after))
        found += part.items
        if (after := part.next) is None:
            break
    assert found == whole
    assert len(found) == 4
    cut = await page(world, ada, wanted, SliceRequest(skip=1, limit=2))
    assert cut.items == whole[1:3]


@pytest.mark.parametrize("sort", DocumentOrder)
async def test_a_list_goes_on_after_a_document_that_was_deleted(
    world: AsyncContainer, ada: UserId, library: dict[str, Document], sort: DocumentOrder
) -> None:
    wanted = DocumentFilter(sort=sort)
    first, second, *_ = (await page(world, ada, wanted)).items
    async with world() as request:
        documents = await request.get(Documents)
        gone = await documents.get(ada, first.id)
        gone.deleted_at = THEN
        await documents.save(gone)
    after = await page(world, ada, wanted, PageRequest(size=1, after=first.id))
    assert after.items == [second]
    assert library


@pytest.mark.usefixtures("library")
async def test_where_a_stranger_or_a_purged_document_stood_is_not_told(
    world: AsyncContainer, ada: UserId, bob: UserId
) -> None:
    theirs = (await page(world, bob)).items[0].id
    for after in (uuid4(), UUID(int=theirs.int)):
        with pytest.raises(CursorGone):
            wanted = DocumentFilter(sort=DocumentOrder.TITLE)
            await page(world, ada, wanted, PageRequest(after=after))
