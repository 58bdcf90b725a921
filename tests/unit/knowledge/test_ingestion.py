"""The main job over memory adapters: no database, no model, milliseconds."""

from collections.abc import AsyncIterator

import pytest

from adapters.memory.world import World
from application.files.exports import Upload
from application.identity.users import RegisterUser, Registration
from application.knowledge.documents import (
    DeleteDocument,
    DownloadDocument,
    UploadDocument,
)
from application.knowledge.metadata import Details
from application.knowledge.ports import DocumentReader
from application.knowledge.search import SearchDocuments
from application.knowledge.views import DocumentView, Query
from application.shared.actor import EVERYTHING_OWN, Actor
from domain.files.file import (
    EmptyFile,
    FileTooLarge,
    Purpose,
    StoredFile,
    UnnamedFile,
    UnsupportedFile,
)
from domain.knowledge.chunk import Chunk
from domain.knowledge.document import Document, Failure, Status, Version
from domain.knowledge.text import CanonicalText
from domain.shared.errors import Forbidden, NotFound

POLICY = "# Retention\n\nInvoices are kept for ten years.\n\nEmail is deleted after one year.\n"


async def a_user(world: World, email: str = "ada@example.org") -> Actor:
    user = await world.get(RegisterUser)(Registration(email, "correct horse battery"))
    return Actor(user.id, EVERYTHING_OWN)


def sent(content: bytes, name: str | None = "policy.md") -> Upload:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 10):
            yield content[start : start + 10]

    return Upload(name, pieces())


async def upload(world: World, actor: Actor, content: bytes = POLICY.encode()) -> DocumentView:
    return (await world.get(UploadDocument)(actor, sent(content), Details())).document


@pytest.fixture
def world() -> World:
    return World()


async def test_an_uploaded_document_can_be_found(world: World) -> None:
    ada = await a_user(world)
    document = await upload(world, ada)
    assert document.processing_status is Status.PENDING
    assert document.title == "policy.md"

    await world.drain()

    reader = world.get(DocumentReader)
    assert (await reader.one(ada.user_id, document.id)).processing_status is Status.COMPLETED
    assert (await reader.content(ada.user_id, document.id)).content == POLICY
    found = await world.get(SearchDocuments)(ada, Query("how long are invoices kept?"))
    assert found.items[0].document_id == document.id
    assert not found.semantic


async def test_every_step_may_be_delivered_twice(world: World) -> None:
    ada = await a_user(world)
    await upload(world, ada)
    await world.drain(twice=True)
    once = World()
    await upload(once, await a_user(once))
    await once.drain()
    assert len(world.store.table(Chunk)) == len(once.store.table(Chunk))
    (version,) = world.store.table(Version).values()
    assert version.status is Status.COMPLETED


async def test_the_same_bytes_are_the_same_document(world: World) -> None:
    ada = await a_user(world)
    first = await upload(world, ada)
    again = await world.get(UploadDocument)(ada, sent(POLICY.encode(), "copy.md"), Details())
    assert (again.document.id, again.created) == (first.id, False)
    assert len(world.store.table(Document)) == len(world.store.table(StoredFile)) == 1


async def test_the_same_bytes_are_another_users_own(world: World) -> None:
    ada, bob = await a_user(world), await a_user(world, "bob@example.org")
    first = await upload(world, ada)
    second = await upload(world, bob)
    assert first.id != second.id
    with pytest.raises(NotFound):
        await world.get(DocumentReader).one(bob.user_id, first.id)


async def test_a_document_that_cannot_be_read_says_why(world: World) -> None:
    ada = await a_user(world)
    document = await upload(world, ada, b"  \n ")
    await world.drain()
    error = (await world.get(DocumentReader).one(ada.user_id, document.id)).processing_error
    assert error is not None
    assert error.code is Failure.NO_TEXT


async def test_a_failed_document_is_tried_again_when_it_is_sent_again(world: World) -> None:
    ada = await a_user(world)
    await upload(world, ada, b" ")
    await world.drain()
    again = await world.get(UploadDocument)(ada, sent(b" "), Details())
    assert again.document.processing_status is Status.PENDING
    assert world.store.events


@pytest.mark.parametrize(
    ("content", "name", "error"),
    [
        (b"", "empty.txt", EmptyFile),
        (b"text", None, UnnamedFile),
        (b"text", " /", UnnamedFile),
        (b"\x89PNG\r\n\x1a\n", "picture.pdf", UnsupportedFile),
        (b"text", "program.exe", UnsupportedFile),
        (b"x" * (Purpose.DOCUMENT.limit + 1), "large.txt", FileTooLarge),
    ],
)
async def test_a_bad_file_is_refused_and_leaves_nothing(
    world: World, content: bytes, name: str | None, error: type[Exception]
) -> None:
    ada = await a_user(world)
    events = len(world.store.events)

    async def whole() -> AsyncIterator[bytes]:
        if content:
            yield content

    with pytest.raises(error):
        await world.get(UploadDocument)(ada, Upload(name, whole()), Details())

    assert not world.store.table(Document)
    assert not world.store.table(StoredFile)
    assert len(world.store.events) == events


async def test_a_deleted_document_is_gone_at_once_and_then_altogether(world: World) -> None:
    ada = await a_user(world)
    document = await upload(world, ada)
    await world.drain()

    await world.get(DeleteDocument)(ada, document.id)
    assert not (await world.get(SearchDocuments)(ada, Query("invoices"))).items
    with pytest.raises(NotFound):
        await world.get(DownloadDocument)(ada, document.id)

    await world.drain(twice=True)
    for kind in (Document, Version, CanonicalText, Chunk, StoredFile):
        assert not world.store.table(kind), kind


async def test_a_document_deleted_while_it_is_read_stays_deleted(world: World) -> None:
    ada = await a_user(world)
    document = await upload(world, ada)
    await world.get(DeleteDocument)(ada, document.id)
    await world.drain()
    assert not world.store.table(Document)
    assert not world.store.table(Chunk)


async def test_without_the_scope_nothing_opens(world: World) -> None:
    ada = await a_user(world)
    nobody = Actor(ada.user_id)
    with pytest.raises(Forbidden):
        await upload(world, nobody)
    with pytest.raises(Forbidden):
        await world.get(SearchDocuments)(nobody, Query("invoices"))
