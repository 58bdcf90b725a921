"""Answers whose jobs are lost end all the same."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from dishka import AsyncContainer

from adapters.memory.store import Store
from application.analytics.exports import UsageStatus
from application.conversations.ports import MessageEvents, Messages
from application.conversations.resuming import GRACE, LostAnswers, ResumeAnswers
from application.shared.ports import Clock
from domain.conversations.message import MessageStatus
from entrypoints.settings import Settings
from tests.conftest import execute
from tests.contract.conversations.test_answering import a_reader, ask, charged, shown
from tests.pipeline import drain


@pytest.fixture
def settings(modelled: Settings) -> Settings:
    return modelled


@dataclass(frozen=True)
class LaterClock:
    clock: Clock
    later: timedelta

    def now(self) -> datetime:
        return self.clock.now() + self.later


async def lose_jobs(world: AsyncContainer) -> None:
    if url := (await world.get(Settings)).database_url:
        await execute(url, "DELETE FROM jobs.pgqueuer")
    else:
        (await world.get(Store)).events.clear()


async def resume(world: AsyncContainer, later: timedelta = GRACE) -> int:
    """By a schedule that runs so much later."""
    async with world() as request:
        resuming = await request.get(ResumeAnswers)
        found: int = await replace(resuming, clock=LaterClock(resuming.clock, later))()
        return found


async def test_an_answer_whose_job_is_lost_is_made_after_all(world: AsyncContainer) -> None:
    ada = await a_reader(world)
    pending = await ask(world, ada)
    await lose_jobs(world)
    assert await resume(world) == 1
    assert await resume(world) == 0  # it has a job again
    await drain(world)
    made = await shown(world, pending, ada)
    assert made.status is MessageStatus.COMPLETE
    (usage,) = await charged(world, ada)
    assert (usage.id, usage.status) == (pending.id, UsageStatus.OK)


async def test_one_that_had_begun_ends_as_it_is(world: AsyncContainer) -> None:
    ada = await a_reader(world)
    pending = await ask(world, ada)
    async with world() as request:
        messages, events = await request.get(Messages), await request.get(MessageEvents)
        begun = await messages.read(ada.user_id, pending.id)
        begun.begin("openai", "cites", [])
        await messages.save(begun)
        now = (await world.get(Clock)).now()
        await events.write(ada.user_id, pending.id, "half an ans", now)
    await lose_jobs(world)
    assert await resume(world) == 1
    await drain(world)
    made = await shown(world, pending, ada)
    assert (made.status, made.content) == (MessageStatus.FAILED, "half an ans")
    (usage,) = await charged(world, ada)
    assert usage.status is UsageStatus.ERROR


async def test_those_that_wait_for_it_go_on_after_it(world: AsyncContainer) -> None:
    ada = await a_reader(world)
    first = await ask(world, ada)
    second = await ask(world, ada, conversation_id=UUID(int=first.conversation_id.int))
    await lose_jobs(world)
    assert await resume(world) == 1  # the end of the first sets the second going
    await drain(world)
    for one in (first, second):
        assert (await shown(world, one, ada)).status is MessageStatus.COMPLETE


async def test_the_oldest_are_made_first(world: AsyncContainer) -> None:
    ada = await a_reader(world)
    pending = [await ask(world, ada) for _ in range(3)]
    await lose_jobs(world)
    later = (await world.get(Clock)).now() + GRACE
    async with world() as request:
        found = await (await request.get(LostAnswers)).find(later, 2)
    assert found == [(ada.user_id, one.id) for one in pending[:2]]


async def test_what_has_a_job_has_ended_or_is_new_is_left_alone(world: AsyncContainer) -> None:
    ada = await a_reader(world)
    await ask(world, ada)
    assert await resume(world) == 0
    await drain(world)
    assert await resume(world) == 0
    await ask(world, ada)
    await lose_jobs(world)
    assert await resume(world, GRACE / 2) == 0
