"""What any SearchIndex leaves out: what is others', unpublished, deleted, purged or not asked."""

from uuid import uuid4

from dishka import AsyncContainer

from application.knowledge.ports import Documents, Embedding, SearchIndex, Versions
from application.knowledge.views import Mode, Query
from application.shared.ports import Transaction
from domain.shared.ids import DocumentId, UserId
from tests.contract.knowledge.library import (
    FEES,
    LEASE,
    SET,
    axis,
    delete,
    put_vectors,
    save,
    search,
    store_version,
)
from tests.contract.knowledge.test_documents import put


async def test_others_documents_are_invisible(
    world: AsyncContainer, ada: UserId, bob: UserId
) -> None:
    mine = await store_version(world, ada, "Lease", *LEASE)
    theirs = await store_version(world, bob, "Lease", *LEASE)
    await put_vectors(world, mine, [axis(n) for n in range(4)])
    await put_vectors(world, theirs, [axis(n) for n in range(4)])
    for mode in Mode:
        hits = await search(world, ada, "late fee", axis(0), mode=mode)
        assert {hit.document_id for hit in hits} == {mine.document.id}
    ids = [theirs.document.id]
    assert await search(world, ada, "late fee", axis(0), document_ids=ids) == []


async def test_others_words_do_not_change_the_order(
    world: AsyncContainer, ada: UserId, bob: UserId
) -> None:
    """For Ada alpha is the rarer word, whatever Bob writes."""
    await store_version(world, ada, "Notes", "alpha ray", "gamma beam", "gamma wave")
    before = await search(world, ada, "alpha gamma")
    assert before[0].text == "alpha ray"
    await store_version(world, bob, "Noise", *[f"alpha number {n}" for n in range(30)])
    assert await search(world, ada, "alpha gamma") == before


async def test_what_is_not_published_is_invisible(world: AsyncContainer, ada: UserId) -> None:
    stored = await store_version(world, ada, "Draft", *LEASE, publish=False)
    await put_vectors(world, stored, [axis(n) for n in range(4)])
    assert await search(world, ada, "late fee", axis(0)) == []


async def test_what_is_not_published_does_not_change_the_order(
    world: AsyncContainer, ada: UserId
) -> None:
    await store_version(world, ada, "Notes", "alpha ray", "gamma beam", "gamma wave")
    before = await search(world, ada, "alpha gamma")
    draft = [f"alpha number {n}" for n in range(30)]
    await store_version(world, ada, "Draft", *draft, publish=False)
    assert await search(world, ada, "alpha gamma") == before


async def test_what_the_open_transaction_publishes_is_visible_in_it(
    world: AsyncContainer, ada: UserId
) -> None:
    stored = await store_version(world, ada, "Lease", *LEASE, publish=False)
    await put_vectors(world, stored, [axis(n) for n in range(4)])
    async with world() as request, await request.get(Transaction):
        index = await request.get(SearchIndex)
        await index.put_terms(ada, stored.version.id)
        stored.document.current_version_id = stored.version.id
        await (await request.get(Documents)).save(stored.document)
        for embedding in (None, Embedding(SET, axis(0))):
            hits = (await index.search(ada, Query("late fee"), embedding)).hits
            assert hits[0].text == FEES


async def test_what_is_deleted_is_invisible(world: AsyncContainer, ada: UserId) -> None:
    stored = await store_version(world, ada, "Lease", *LEASE)
    await put_vectors(world, stored, [axis(n) for n in range(4)])
    await delete(world, stored.document)
    assert await search(world, ada, "late fee", axis(0)) == []


async def test_nothing_of_a_purged_version_is_left(world: AsyncContainer, ada: UserId) -> None:
    """Else its words and vectors would be found again when the same version comes back."""
    stored = await store_version(world, ada, "Lease", *LEASE)
    await put_vectors(world, stored, [axis(n) for n in range(4)])
    await delete(world, stored.document)
    async with world() as request:
        documents = await request.get(Documents)
        await documents.purge(ada, stored.document.id)
        stored.document.deleted_at = stored.document.current_version_id = None
        await documents.add(stored.document)
        await (await request.get(Versions)).add(stored.version)
    await put(world, stored.version, stored.text, stored.chunks)
    await save(world, stored.document, current=stored.version)
    for mode in Mode:
        assert await search(world, ada, "late fee", axis(0), mode=mode) == []


async def test_documents_may_be_named(world: AsyncContainer, ada: UserId) -> None:
    first = await store_version(world, ada, "First", *LEASE)
    second = await store_version(world, ada, "Second", *LEASE)
    await store_version(world, ada, "Third", *LEASE)
    ids = [first.document.id, second.document.id, DocumentId(uuid4())]
    hits = await search(world, ada, "late fee", document_ids=ids)
    assert {hit.document_title for hit in hits} == {"First", "Second"}
    assert await search(world, ada, "late fee", document_ids=[]) == []
    assert await search(world, ada, "late fee", document_ids=[DocumentId(uuid4())]) == []
