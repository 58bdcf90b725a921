"""What nobody will read again and nobody removed is counted, kind by kind, and nothing else is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dishka import AsyncContainer

from application.files.exports import Files
from application.knowledge.orphans import GRACE, CountOrphans
from application.knowledge.ports import Versions
from application.knowledge.views import OrphansView
from application.shared.ports import Ids
from domain.files.file import Purpose
from domain.shared.ids import UserId, VersionId
from tests.contract.files.test_files import a_file
from tests.contract.knowledge.library import (
    FEES,
    PETS,
    Stored,
    axis,
    delete,
    put_vectors,
    save,
    store_version,
)

NONE = OrphansView(files=0, versions=0, texts=0, chunks=0, postings=0, vectors=0)


async def counted(world: AsyncContainer) -> OrphansView:
    return await (await world.get(CountOrphans))()


async def a_whole_document(world: AsyncContainer, owner: UserId) -> Stored:
    stored = await store_version(world, owner, "Lease", FEES, PETS)
    await put_vectors(world, stored, [axis(1), axis(2)])
    return stored


async def supersede(world: AsyncContainer, old: Stored, at: datetime) -> None:
    """By a version of the same file, which is published."""
    new = VersionId((await world.get(Ids)).next())
    newer = replace(old.version, id=new, number=2, step=None, updated_at=at)
    async with world() as request:
        await (await request.get(Versions)).add(newer)
    await save(world, old.document, current=newer)


def of_one_document(found: OrphansView) -> bool:
    counts = (found.versions, found.texts, found.chunks, found.vectors)
    return counts == (1, 1, 2, 2) and found.postings > 10 and found.files == 0


async def test_what_is_published_or_on_its_way_is_no_orphan(
    world: AsyncContainer, ada: UserId, bob: UserId
) -> None:
    await a_whole_document(world, ada)
    await store_version(world, bob, "Waits", FEES, publish=False)
    assert await counted(world) == NONE


async def test_what_is_left_of_a_superseded_version_is_counted(
    world: AsyncContainer, ada: UserId
) -> None:
    old = await a_whole_document(world, ada)
    await supersede(world, old, datetime.now(UTC) - 2 * GRACE)
    assert of_one_document(await counted(world))


async def test_what_is_left_of_a_deleted_document_is_counted(
    world: AsyncContainer, ada: UserId
) -> None:
    await delete(world, (await a_whole_document(world, ada)).document)
    assert of_one_document(await counted(world))


async def test_a_document_s_file_without_a_version_is_counted_and_an_avatar_is_not(
    world: AsyncContainer, ada: UserId
) -> None:
    async with world() as request:
        for purpose in (Purpose.DOCUMENT, Purpose.AVATAR):
            await (await request.get(Files)).add(a_file(ada, purpose))
    found = await counted(world)
    assert (found.files, found.versions) == (1, 0)


async def test_what_was_superseded_a_moment_ago_is_about_to_be_removed(
    world: AsyncContainer, ada: UserId
) -> None:
    old = await a_whole_document(world, ada)
    await supersede(world, old, datetime.now(UTC) - GRACE + timedelta(minutes=5))
    assert await counted(world) == NONE
