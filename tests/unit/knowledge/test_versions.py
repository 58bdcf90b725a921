"""New bytes of a document, and new readings of the same bytes."""

import pytest

from adapters.memory.world import World
from application.knowledge.batch import ChangeDocuments, DeleteAll, ReprocessAll, UpdateKeywords
from application.knowledge.documents import DeleteDocument, DownloadDocument
from application.knowledge.ingestion import FailIngestion
from application.knowledge.metadata import DescribeDocument, Details
from application.knowledge.ports import DocumentReader, Versions
from application.knowledge.search import SearchDocuments
from application.knowledge.versions import AddVersion, RetryDocument
from application.knowledge.views import DocumentView, Query, StatusView
from application.shared.actor import Actor
from domain.files.file import EmptyFile, StoredFile
from domain.knowledge.chunk import Chunk
from domain.knowledge.document import (
    DocumentExists,
    DocumentNotFailed,
    Failure,
    Status,
    Version,
)
from domain.knowledge.events import DocumentUploaded
from domain.knowledge.metadata import InvalidKeywords
from domain.knowledge.text import CanonicalText
from domain.shared.errors import NotFound
from tests.unit.knowledge.test_ingestion import POLICY, a_user, sent, upload

NEW = b"Invoices are shredded at once.\n"
UNREADABLE = b" \n \n"


@pytest.fixture
def world() -> World:
    return World()


async def a_read_document(world: World, actor: Actor) -> DocumentView:
    document = await upload(world, actor)
    await world.drain()
    return document


async def add(
    world: World, actor: Actor, document: DocumentView, content: bytes, name: str = "new.txt"
) -> bool:
    return (await world.get(AddVersion)(actor, document.id, sent(content, name))).created


async def text(world: World, actor: Actor, document: DocumentView) -> str:
    return (await world.get(DocumentReader).content(actor.user_id, document.id)).content


async def status(world: World, actor: Actor, document: DocumentView) -> StatusView:
    return await world.get(DocumentReader).status(actor.user_id, document.id)


async def found(world: World, actor: Actor) -> list[str]:
    hits = await world.get(SearchDocuments)(actor, Query("invoices"))
    return [hit.text for hit in hits.items]


def rows(world: World) -> dict[type, int]:
    return {
        kind: len(world.store.table(kind)) for kind in (Version, StoredFile, CanonicalText, Chunk)
    }


async def test_the_old_version_is_served_until_the_new_one_is_read(world: World) -> None:
    ada = await a_user(world)
    document = await a_read_document(world, ada)
    before = rows(world)

    assert await add(world, ada, document, NEW)
    assert await text(world, ada, document) == POLICY
    assert await found(world, ada) == [POLICY.strip()]
    now = await status(world, ada, document)
    assert (now.version, now.served_version, now.processing_status) == (2, 1, Status.PENDING)

    await world.drain(twice=True)
    assert await text(world, ada, document) == NEW.decode()
    assert await found(world, ada) == [NEW.decode().strip()]
    assert rows(world) == before  # of the old one nothing is left
    view = await world.get(DocumentReader).one(ada.user_id, document.id)
    assert (view.version, view.served_version, view.file_type) == (2, 2, "txt")
    assert (view.id, view.title) == (document.id, document.title)
    download = await world.get(DownloadDocument)(ada, document.id)
    assert b"".join([piece async for piece in download.read()]) == NEW


async def test_a_version_that_cannot_be_read_leaves_the_old_one_in_place(world: World) -> None:
    ada = await a_user(world)
    document = await a_read_document(world, ada)
    await add(world, ada, document, UNREADABLE)
    await world.drain()

    now = await status(world, ada, document)
    assert (now.version, now.served_version, now.processing_status) == (2, 1, Status.FAILED)
    assert now.processing_error is not None
    assert now.processing_error.code is Failure.NO_TEXT
    assert await text(world, ada, document) == POLICY
    view = await world.get(DocumentReader).one(ada.user_id, document.id)
    assert (view.file_type, view.sha256) == ("md", document.sha256)

    await add(world, ada, document, NEW)
    await world.drain()
    assert await text(world, ada, document) == NEW.decode()
    assert rows(world) == dict.fromkeys(rows(world), 1)


async def test_the_newest_of_two_on_their_way_wins(world: World) -> None:
    ada = await a_user(world)
    document = await a_read_document(world, ada)
    await add(world, ada, document, b"Invoices are burnt.\n")
    await add(world, ada, document, NEW)
    await world.drain(twice=True)

    assert await text(world, ada, document) == NEW.decode()
    assert (await status(world, ada, document)).version == 3
    assert rows(world) == dict.fromkeys(rows(world), 1)


async def test_the_older_one_stops_wherever_it_is(world: World) -> None:
    ada = await a_user(world)
    document = await upload(world, ada)
    (first,) = world.store.table(Version).values()
    await add(world, ada, document, NEW)
    with pytest.raises(NotFound):
        await world.get(Versions).get(ada.user_id, first.id)
    await world.drain()
    assert await text(world, ada, document) == NEW.decode()
    assert rows(world) == dict.fromkeys(rows(world), 1)


async def test_the_same_bytes_are_no_new_version(world: World) -> None:
    ada = await a_user(world)
    document = await a_read_document(world, ada)
    before = rows(world)
    assert not await add(world, ada, document, POLICY.encode())
    assert not world.store.events
    assert rows(world) == before


async def test_the_old_bytes_may_come_back(world: World) -> None:
    ada = await a_user(world)
    document = await a_read_document(world, ada)
    await add(world, ada, document, NEW)
    assert await add(world, ada, document, POLICY.encode(), "policy.md")
    await world.drain()
    assert await text(world, ada, document) == POLICY
    assert (await status(world, ada, document)).served_version == 3


async def test_bytes_of_another_document_are_refused_and_leave_nothing(world: World) -> None:
    ada = await a_user(world)
    document = await a_read_document(world, ada)
    other = await world.get(DocumentReader).one(ada.user_id, document.id)
    await add(world, ada, other, NEW)
    second = await upload(world, ada, b"Another text.\n")
    await world.drain()
    before = rows(world)
    with pytest.raises(DocumentExists):
        await add(world, ada, second, NEW)
    with pytest.raises(EmptyFile):
        await add(world, ada, second, b"")
    assert rows(world) == before
    assert not world.store.events
    assert (await status(world, ada, second)).version == 1


async def test_another_users_document_gets_no_version(world: World) -> None:
    ada, bob = await a_user(world), await a_user(world, "bob@example.org")
    document = await a_read_document(world, ada)
    with pytest.raises(NotFound):
        await add(world, bob, document, NEW)
    with pytest.raises(NotFound):
        await world.get(RetryDocument)(bob, document.id)


async def test_only_what_failed_is_tried_again(world: World) -> None:
    ada = await a_user(world)
    document = await upload(world, ada, UNREADABLE)
    retry = world.get(RetryDocument)
    with pytest.raises(DocumentNotFailed):
        await retry(ada, document.id)
    await world.drain()
    assert (await status(world, ada, document)).processing_status is Status.FAILED

    again = await retry(ada, document.id)
    assert (again.processing_status, again.processing_error) == (Status.PENDING, None)
    with pytest.raises(DocumentNotFailed):
        await retry(ada, document.id)
    await world.drain()
    assert (await status(world, ada, document)).processing_status is Status.FAILED


async def test_a_step_that_failed_too_often_can_be_tried_again(world: World) -> None:
    ada = await a_user(world)
    document = await upload(world, ada)
    (event,) = [e for e in world.store.events if isinstance(e, DocumentUploaded)]
    await world.get(FailIngestion)(event)
    now = await status(world, ada, document)
    assert now.processing_error is not None
    assert (now.processing_status, now.processing_error.code) == (Status.FAILED, Failure.INTERNAL)

    await world.get(RetryDocument)(ada, document.id)
    await world.drain()
    assert (await status(world, ada, document)).processing_status is Status.COMPLETED


async def test_a_batch_reads_documents_anew_and_serves_the_old_reading_meanwhile(
    world: World,
) -> None:
    ada = await a_user(world)
    document = await a_read_document(world, ada)
    before = rows(world)
    done = await world.get(ChangeDocuments)(ada, ReprocessAll([document.id]))
    assert (done.done, done.failed) == (1, 0)
    assert await text(world, ada, document) == POLICY
    assert (await status(world, ada, document)).version == 2
    await world.drain(twice=True)
    now = await status(world, ada, document)
    assert (now.version, now.served_version, now.processing_status) == (2, 2, Status.COMPLETED)
    assert rows(world) == before
    download = await world.get(DownloadDocument)(ada, document.id)
    assert b"".join([piece async for piece in download.read()]) == POLICY.encode()


async def test_what_is_in_the_way_of_one_is_not_in_the_way_of_the_others(world: World) -> None:
    ada, bob = await a_user(world), await a_user(world, "bob@example.org")
    mine, gone = await upload(world, ada), await upload(world, ada, b"Another text.")
    theirs = await upload(world, bob)
    await world.get(DeleteDocument)(ada, gone.id)

    ids = [theirs.id, mine.id, gone.id, mine.id]
    view = await world.get(ChangeDocuments)(ada, DeleteAll([*ids]))

    assert [(item.id, item.code) for item in view.items] == [
        (theirs.id, "not_found"),
        (mine.id, None),
        (gone.id, "not_found"),
    ]
    assert (view.done, view.failed) == (1, 2)
    await world.drain(twice=True)
    assert [version.user_id for version in world.store.table(Version).values()] == [bob.user_id]


async def test_a_batch_gives_keywords_and_takes_them_away(world: World) -> None:
    ada = await a_user(world)
    one, full = await upload(world, ada), await upload(world, ada, b"Another text.")
    describe = world.get(DescribeDocument)
    await describe(ada, one.id, Details(keywords=["draft", "tax"]))
    await describe(ada, full.id, Details(keywords=[f"k{n}" for n in range(50)]))

    change = world.get(ChangeDocuments)
    view = await change(ada, UpdateKeywords([one.id, full.id], add=["VAT"], remove=["Draft"]))

    assert [item.code for item in view.items] == [None, "invalid_keywords"]
    reader = world.get(DocumentReader)
    assert (await reader.one(ada.user_id, one.id)).keywords == ["tax", "vat"]
    assert len((await reader.one(ada.user_id, full.id)).keywords) == 50
    with pytest.raises(InvalidKeywords):
        await change(ada, UpdateKeywords([one.id], add=["x" * 101]))
