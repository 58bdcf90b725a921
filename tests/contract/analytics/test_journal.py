"""Documents as analytics hears of them: by the facts of knowledge, on both worlds."""

from datetime import timedelta

import pytest
from dishka import AsyncContainer

from application.analytics.journal import (
    ForgetDocument,
    RecordAnalysis,
    RecordFailedAnalysis,
    RecordUpload,
)
from application.analytics.ports import UsageReader
from application.knowledge.ports import Documents
from application.shared.ports import Clock, Ids, Transaction
from domain.analytics.activity import Activity, ActivityKind, ActivityStatus
from domain.knowledge.document import Version
from domain.knowledge.events import (
    DocumentCompleted,
    DocumentDeleted,
    DocumentFailed,
    DocumentUploaded,
)
from domain.shared.ids import UserId, moment_of
from tests.contract.knowledge.test_documents import a_document


async def follow(world: AsyncContainer, follower: type, event: object) -> None:
    """As a worker does, who may deliver twice."""
    for _ in range(2):
        async with world() as request:
            await (await request.get(follower))(event)


async def kept(world: AsyncContainer, owner: UserId) -> list[Activity]:
    async with world() as request:
        reader = await request.get(UsageReader)
        found: list[Activity] = await reader.newest(owner, 200)
    return found


async def uploaded(world: AsyncContainer) -> Version:
    _, version = await a_document(world)
    ids = await world.get(Ids)
    fact = DocumentUploaded(ids.next(), version.user_id, version.id)
    await follow(world, RecordUpload, fact)
    return version


async def test_an_upload_is_counted_once_when_it_was_with_its_size(world: AsyncContainer) -> None:
    version = await uploaded(world)
    (activity,) = await kept(world, version.user_id)
    assert (activity.action, activity.bytes) == (ActivityKind.UPLOAD, 7)
    assert (activity.at, activity.document_id) == (version.created_at, version.document_id)


@pytest.mark.parametrize(
    ("fact", "follower", "status"),
    [
        (DocumentCompleted, RecordAnalysis, ActivityStatus.COMPLETED),
        (DocumentFailed, RecordFailedAnalysis, ActivityStatus.FAILED),
    ],
)
async def test_an_analysis_took_from_the_upload_to_its_end(
    world: AsyncContainer,
    fact: type[DocumentCompleted | DocumentFailed],
    follower: type,
    status: ActivityStatus,
) -> None:
    _, version = await a_document(world)
    event = fact((await world.get(Ids)).next(), version.user_id, version.id)
    await follow(world, follower, event)
    (activity,) = await kept(world, version.user_id)
    assert (activity.action, activity.status) == (ActivityKind.ANALYSIS, status)
    assert activity.at == moment_of(event.id)
    took = (activity.at - version.created_at) / timedelta(milliseconds=1)
    assert activity.took_ms == round(took)


async def test_a_deleted_document_counts_no_more(world: AsyncContainer) -> None:
    version = await uploaded(world)
    fact = DocumentDeleted((await world.get(Ids)).next(), version.user_id, version.document_id)
    await follow(world, ForgetDocument, fact)
    assert await kept(world, version.user_id) == []


async def test_facts_of_a_document_that_is_deleted_already_count_nothing(
    world: AsyncContainer,
) -> None:
    document, version = await a_document(world)
    async with world() as request, await request.get(Transaction):
        document.deleted_at = (await request.get(Clock)).now()
        await (await request.get(Documents)).save(document)
    fact = DocumentUploaded((await world.get(Ids)).next(), version.user_id, version.id)
    await follow(world, RecordUpload, fact)
    assert await kept(world, version.user_id) == []
