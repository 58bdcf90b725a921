"""What every adapter of Documents, Versions, Texts, Files and DocumentReader promises."""

from dataclasses import replace
from uuid import uuid4

import pytest
from dishka import AsyncContainer

from application.files.ports import Files
from application.identity.ports import Users
from application.knowledge.ports import DocumentReader, Documents, Texts, Versions
from application.knowledge.views import DocumentFilter
from application.shared.page import PageRequest, SliceRequest
from application.shared.ports import Ids, Transaction
from domain.files.file import Purpose, StorageKey, StoredFile
from domain.knowledge.chunk import Chunk, chunks
from domain.knowledge.document import (
    Document,
    DocumentExists,
    DocumentNotReady,
    Failure,
    Status,
    Version,
)
from domain.knowledge.metadata import Category
from domain.knowledge.text import CanonicalText, Properties, RawPage, canonical
from domain.shared.errors import NotFound
from domain.shared.ids import DocumentId, FileId, UserId, VersionId
from domain.shared.span import Span
from tests.contract.identity.test_users import THEN, a_user

TEXT = canonical([RawPage("On one. It is 🦉 here."), RawPage(""), RawPage("On three.")])


async def a_document(
    world: AsyncContainer, email: str = "ada@example.org", sha256: str = "a" * 64
) -> tuple[Document, Version]:
    """A kept document, whose first version waits to be read, and its owner."""
    user = await a_user(world, email)
    async with world() as request:
        await (await request.get(Users)).add(user)
    return await a_document_of(user.id, world, await world.get(Ids), sha256=sha256)


async def a_document_of(
    owner: UserId, world: AsyncContainer, ids: Ids, *, title: str = "Policy", sha256: str
) -> tuple[Document, Version]:
    file = StoredFile(
        id=FileId(ids.next()),
        user_id=owner,
        purpose=Purpose.DOCUMENT,
        original_name="policy.md",
        storage_key=StorageKey(str(ids.next())),
        media_type="text/markdown",
        size=7,
        sha256=sha256,
        created_at=THEN,
    )
    document = Document(
        id=DocumentId(ids.next()),
        user_id=owner,
        title=title,
        sha256=sha256,
        file_type="md",
        created_at=THEN,
        updated_at=THEN,
    )
    version = Version(
        id=VersionId(ids.next()),
        user_id=owner,
        document_id=document.id,
        file_id=file.id,
        number=1,
        created_at=THEN,
        updated_at=THEN,
    )
    async with world() as request:
        await (await request.get(Files)).add(file)
        await (await request.get(Documents)).add(document)
        await (await request.get(Versions)).add(version)
    return document, version


async def publish(world: AsyncContainer, document: Document, version: Version) -> None:
    spans = [Span(0, 22), Span(24, len(TEXT.content))]
    made = chunks(document.user_id, document.id, version.id, TEXT, spans)
    await put(world, version, TEXT, made)
    document.current_version_id, document.page_count = version.id, len(TEXT.pages)
    async with world() as request:
        await (await request.get(Documents)).save(document)


async def put(
    world: AsyncContainer,
    version: Version,
    text: CanonicalText,
    made: list[Chunk],
    properties: Properties = Properties(),  # noqa: B008  it is frozen
) -> None:
    async with world() as request, await request.get(Transaction):
        texts = await request.get(Texts)
        await texts.put(version.user_id, version.id, text, properties)
        await texts.put_chunks(version.user_id, version.id, made)


async def test_what_is_kept_is_found_by_its_owner_only(world: AsyncContainer) -> None:
    document, version = await a_document(world)
    eve = UserId(uuid4())
    async with world() as request:
        documents, versions = await request.get(Documents), await request.get(Versions)
        files, reader = await request.get(Files), await request.get(DocumentReader)
        owner = document.user_id
        assert await documents.get(owner, document.id) == document
        assert await documents.with_bytes(owner, document.sha256) == document
        assert await versions.get(owner, version.id) == version
        assert await versions.newest(owner, document.id) == version
        assert (await files.get(owner, version.file_id)).original_name == "policy.md"
        assert await reader.file(owner, document.id) == version.file_id
        for find in (
            documents.get(eve, document.id),
            documents.with_bytes(eve, document.sha256),
            versions.get(eve, version.id),
            versions.newest(eve, document.id),
            files.get(eve, version.file_id),
            reader.one(eve, document.id),
            reader.status(eve, document.id),
            reader.content(eve, document.id),
            reader.chunks(eve, document.id, PageRequest()),
            reader.file(eve, document.id),
        ):
            with pytest.raises(NotFound):
                await find
        assert await reader.page(eve, DocumentFilter(), SliceRequest()) == []


async def test_a_document_is_saved_with_all_that_is_said_of_it(world: AsyncContainer) -> None:
    document, _ = await a_document(world)
    owner = document.user_id
    said = {
        "category": Category.CASE_LAW,
        "jurisdiction": "US-CA",
        "practice_area": "tax",
        "keywords": ("appeal", "übung"),
        "author": "Grace",
        "language": "en-US",
        "authored_at": THEN,
        "modified_at": THEN,
        "page_count": 3,
    }
    async with world() as request:
        documents, reader = await request.get(Documents), await request.get(DocumentReader)
        document.revise(said, THEN)
        await documents.save(document)
        assert await documents.get(owner, document.id) == document
        view = await reader.one(owner, document.id)
        assert {name: getattr(view, name) for name in said} == said | {
            "keywords": ["appeal", "übung"]
        }
        document.keywords = ("appeal", "interest")
        await documents.save(document)
        assert await documents.get(owner, document.id) == document
        document.keywords = ()
        await documents.save(document)
        assert (await reader.one(owner, document.id)).keywords == []


async def test_an_owner_has_the_same_bytes_once(world: AsyncContainer) -> None:
    document, _ = await a_document(world)
    document.id = DocumentId(uuid4())
    async with world() as request:
        with pytest.raises(DocumentExists):
            await (await request.get(Documents)).add(document)
    await a_document(world, "bob@example.org")


async def another_version(world: AsyncContainer, version: Version) -> Version:
    newer = replace(version, id=VersionId(uuid4()), number=version.number + 1)
    async with world() as request:
        await (await request.get(Versions)).add(newer)
    return newer


async def test_only_the_newest_version_is_worked_on(world: AsyncContainer) -> None:
    document, version = await a_document(world)
    newer = await another_version(world, version)
    async with world() as request:
        versions = await request.get(Versions)
        assert await versions.newest(document.user_id, document.id) == newer
        assert await versions.get(document.user_id, newer.id) == newer
        with pytest.raises(NotFound):
            await versions.get(document.user_id, version.id)


async def live(world: AsyncContainer, owner: UserId, document: Document) -> set[VersionId]:
    async with world() as request:
        versions: Versions = await request.get(Versions)
        return await versions.live(owner, document.id)


async def test_what_is_published_and_the_newest_are_live(world: AsyncContainer) -> None:
    document, first = await a_document(world)
    owner = document.user_id
    assert await live(world, owner, document) == {first.id}
    await publish(world, document, first)
    second = await another_version(world, first)
    assert await live(world, owner, document) == {first.id, second.id}
    third = await another_version(world, second)
    assert await live(world, owner, document) == {first.id, third.id}
    assert await live(world, UserId(uuid4()), document) == set()
    document.deleted_at = THEN
    async with world() as request:
        await (await request.get(Documents)).save(document)
    assert await live(world, owner, document) == set()


async def test_what_is_neither_published_nor_the_newest_is_purged(world: AsyncContainer) -> None:
    document, first = await a_document(world)
    owner = document.user_id
    await publish(world, document, first)
    second = await another_version(world, first)
    await put(world, second, TEXT, [])
    third = await another_version(world, second)
    async with world() as request, await request.get(Transaction):
        versions, texts = await request.get(Versions), await request.get(Texts)
        assert await versions.purge(owner, document.id) == []  # others have the same file
        with pytest.raises(NotFound):
            await texts.get(owner, second.id)
        assert await texts.get(owner, first.id) == TEXT
    async with world() as request:
        reader = await request.get(DocumentReader)
        status = await reader.status(owner, document.id)
        assert (status.version, status.served_version) == (3, 1)
        assert (await reader.content(owner, document.id)).content == TEXT.content
    await put(world, third, TEXT, [])
    document.current_version_id = third.id
    async with world() as request, await request.get(Transaction):
        await (await request.get(Documents)).save(document)
        assert await (await request.get(Versions)).purge(owner, document.id) == []
    async with world() as request:
        assert await (await request.get(Texts)).count_chunks(owner, first.id) == 0


async def test_a_document_cannot_take_the_bytes_of_another(world: AsyncContainer) -> None:
    document, _ = await a_document(world)
    ids = await world.get(Ids)
    other, _ = await a_document_of(document.user_id, world, ids, sha256="b" * 64)
    other.sha256 = document.sha256
    async with world() as request:
        with pytest.raises(DocumentExists):
            await (await request.get(Documents)).save(other)


async def test_a_version_is_saved_with_all_it_says(world: AsyncContainer) -> None:
    _, version = await a_document(world)
    version.fail(Failure.ENCRYPTED, "it asks for a password", THEN)
    async with world() as request:
        await (await request.get(Versions)).save(version)
        assert await (await request.get(Versions)).get(version.user_id, version.id) == version
        status = await (await request.get(DocumentReader)).status(
            version.user_id, version.document_id
        )
    assert status.processing_status is Status.FAILED
    assert status.processing_error is not None
    assert status.processing_error.code is Failure.ENCRYPTED


async def test_what_a_file_says_of_itself_is_kept_with_its_text(world: AsyncContainer) -> None:
    _, version = await a_document(world)
    said = Properties("Policy", "Grace", "en-GB", THEN, THEN, 7)
    async with world() as request:
        texts = await request.get(Texts)
        with pytest.raises(NotFound):
            await texts.properties(version.user_id, version.id)
        await texts.put(version.user_id, version.id, TEXT)
        assert await texts.properties(version.user_id, version.id) == Properties()
        await texts.put(version.user_id, version.id, TEXT, said)
        assert await texts.properties(version.user_id, version.id) == said
        with pytest.raises(NotFound):
            await texts.properties(UserId(uuid4()), version.id)


async def test_before_it_is_published_there_is_nothing_to_read(world: AsyncContainer) -> None:
    document, _ = await a_document(world)
    async with world() as request:
        reader = await request.get(DocumentReader)
        assert (await reader.one(document.user_id, document.id)).page_count is None
        with pytest.raises(DocumentNotReady):
            await reader.content(document.user_id, document.id)
        with pytest.raises(DocumentNotReady):
            await reader.chunks(document.user_id, document.id, PageRequest())


async def test_what_was_read_is_shown_in_code_points(world: AsyncContainer) -> None:
    document, version = await a_document(world)
    await publish(world, document, version)
    await publish(world, document, version)  # a step that is delivered twice
    owner = document.user_id
    async with world() as request:
        texts, reader = await request.get(Texts), await request.get(DocumentReader)
        assert await texts.get(owner, version.id) == TEXT
        assert await texts.count_chunks(owner, version.id) == 2
        (second,) = await texts.chunks(owner, version.id, start=1, limit=5)
        assert second.content == second.span.of(TEXT.content)
        assert [sentence.page for sentence in second.sentences][-1] == 3

        whole = await reader.content(owner, document.id)
        assert (whole.content, whole.sha256) == (TEXT.content, TEXT.sha256)
        assert [page.page for page in whole.pages] == [1, 3]
        part = await reader.content(owner, document.id, Span(14, 15))
        assert (part.content, part.start, part.end) == ("🦉", 14, 15)
        beyond = await reader.content(owner, document.id, Span(5_000, 5_010))
        assert (beyond.content, beyond.pages) == ("", [])

        view = await reader.one(owner, document.id)
        assert (view.chunk_count, view.page_count, view.title) == (2, 2, "Policy")
        first = await reader.chunks(owner, document.id, PageRequest(size=1))
        rest = await reader.chunks(owner, document.id, PageRequest(after=first.next))
        assert [chunk.ordinal for chunk in first.items + rest.items] == [0, 1]
        assert await reader.page(owner, DocumentFilter(), SliceRequest()) == [view]


async def test_a_deleted_document_is_invisible_and_then_purged(world: AsyncContainer) -> None:
    document, version = await a_document(world)
    await publish(world, document, version)
    owner = document.user_id
    async with world() as request:
        documents, versions = await request.get(Documents), await request.get(Versions)
        texts, reader = await request.get(Texts), await request.get(DocumentReader)
        assert await documents.purge(owner, document.id) == []  # it is not deleted
        assert await reader.refers_to(owner, version.file_id)
        assert not await reader.refers_to(UserId(uuid4()), version.file_id)
        document.deleted_at = THEN
        await documents.save(document)
        assert not await reader.refers_to(owner, version.file_id)
        for find in (
            documents.get(owner, document.id),
            versions.get(owner, version.id),
            reader.one(owner, document.id),
        ):
            with pytest.raises(NotFound):
                await find

        assert await documents.purge(owner, document.id) == [version.file_id]
        assert await documents.purge(owner, document.id) == []
        assert await texts.count_chunks(owner, version.id) == 0
        with pytest.raises(NotFound):
            await texts.get(owner, version.id)
        await (await request.get(Files)).remove(owner, version.file_id)
