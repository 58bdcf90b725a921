"""Answers that end before their model does: what stands there is checked as well."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from dishka import AsyncContainer

from application.analytics.exports import LOCAL, UsageStatus
from application.conversations.answers import AnswerQuestion
from application.conversations.conversations import DeleteConversation
from application.conversations.passages import passages
from application.conversations.ports import MessageEvents, Messages
from application.conversations.stopping import StopAnswer
from application.conversations.views import MessageView
from application.knowledge.embedding import Meaning
from application.knowledge.exports import Hit, Query, SearchIndex, find
from application.models.egress import ListEgress
from application.shared.actor import Actor
from application.shared.page import PageRequest
from application.shared.ports import Clock, Ids, Transaction
from domain.conversations.events import AnswerDue
from domain.conversations.message import AnswerMode, FinishReason, MessageStatus
from domain.conversations.stream import EventType
from domain.shared.errors import NotFound
from entrypoints.settings import Settings
from tests.contract.conversations.test_answering import (
    POLICY,
    a_reader,
    answer,
    ask,
    begun,
    charged,
    shown,
    told,
    types,
)
from tests.model_provider.process import ModelProvider

SLOW = 0.2  # seconds


@pytest.fixture
def settings(modelled: Settings) -> Settings:
    return modelled


async def hits_of(world: AsyncContainer, ada: Actor) -> list[Hit]:
    async with world() as request:
        index, meaning = await request.get(SearchIndex), await request.get(Meaning)
        return (await find(ada.user_id, Query("How long are invoices kept?"), index, meaning)).hits


async def made_with(
    world: AsyncContainer,
    actor: Actor,
    pending: MessageView,
    *,
    before_search: Callable[[], Awaitable[None]],
) -> None:
    """By a worker to whom something happens before it has found the passages."""

    class Interrupted:
        def __init__(self, index: SearchIndex) -> None:
            self._index = index

        async def search(self, *args: Any) -> Any:
            await before_search()
            return await self._index.search(*args)

    async with world() as request:
        making = await request.get(AnswerQuestion)
        index: Any = Interrupted(making.index)
        event = AnswerDue((await world.get(Ids)).next(), actor.user_id, pending.id)
        await replace(making, index=index)(event)


def cites_its_passage(message: MessageView) -> None:
    assert message.content.startswith("The document says so [1].")
    assert message.unknown_markers == 1
    (citation,) = message.citations
    assert citation.marker == 1
    (place,) = citation.places
    assert place.of(message.content) == "[1]"
    assert POLICY[citation.start : citation.end] == citation.quote
    assert citation.page == 1


async def test_a_stopped_answer_cites_what_it_names_and_nothing_else(
    world: AsyncContainer,
) -> None:
    ada = await a_reader(world)
    pending = await ask(world, ada, model="cites-then-stalls")
    making = asyncio.create_task(answer(world, pending, ada))
    await begun(world, ada, pending)

    async with world() as request:
        stopped = await (await request.get(StopAnswer))(ada, pending.id)
    assert stopped.status is MessageStatus.STOPPED
    cites_its_passage(stopped)

    cites_its_passage(await making)


async def test_what_a_dead_worker_left_cites_what_it_names(world: AsyncContainer) -> None:
    ada = await a_reader(world)
    pending = await ask(world, ada)
    hits = await hits_of(world, ada)
    async with world() as request, await request.get(Transaction):
        messages, events = await request.get(Messages), await request.get(MessageEvents)
        left = await messages.get(ada.user_id, pending.id)
        left.begin("openai", "cites", passages(hits))
        await messages.save(left)
        now = (await world.get(Clock)).now()
        assert await events.write(ada.user_id, left.id, "The document says so [1][9]. And", now)

    made = await answer(world, pending, ada)

    assert made.status is MessageStatus.FAILED
    cites_its_passage(made)


async def test_an_answer_that_reached_its_limit_says_so(world: AsyncContainer) -> None:
    ada = await a_reader(world)
    made = await answer(world, await ask(world, ada, model="too-long"), ada)
    assert made.status is MessageStatus.COMPLETE
    assert made.finish_reason is FinishReason.LENGTH
    assert (await answer(world, await ask(world, ada), ada)).finish_reason is FinishReason.STOP


async def test_of_two_workers_the_one_that_writes_first_ends_the_answer(
    world: AsyncContainer,
) -> None:
    ada = await a_reader(world)
    pending = await ask(world, ada, model="paced:30")

    await asyncio.gather(answer(world, pending, ada), answer(world, pending, ada))

    made = await shown(world, pending, ada)
    assert made.status is MessageStatus.COMPLETE
    assert made.content.split()[-1] == "29"
    (usage,) = await charged(world, ada)
    assert usage.status is UsageStatus.OK
    assert (usage.prompt_tokens, usage.completion_tokens) == (
        made.prompt_tokens,
        made.completion_tokens,
    )


@pytest.mark.parametrize("end", [StopAnswer, DeleteConversation])
async def test_what_is_stopped_while_passages_are_looked_for_asks_nobody(
    world: AsyncContainer, provider: ModelProvider, end: type
) -> None:
    ada = await a_reader(world)
    pending = await ask(world, ada)

    async def stop() -> None:
        async with world() as request:
            which = pending.id if end is StopAnswer else pending.conversation_id
            await (await request.get(end))(ada, which)

    await made_with(world, ada, pending, before_search=stop)

    assert provider.requests() == []
    (usage,) = await charged(world, ada)
    assert (usage.provider, usage.status) == (LOCAL, UsageStatus.CANCELLED)


async def test_who_comes_while_another_writes_asks_nobody_and_changes_nothing(
    world: AsyncContainer, provider: ModelProvider
) -> None:
    ada = await a_reader(world)
    pending = await ask(world, ada, model="paced:200")
    others: list[asyncio.Task[MessageView]] = []

    async def another() -> None:
        others.append(asyncio.create_task(answer(world, pending, ada)))
        await begun(world, ada, pending)

    await made_with(world, ada, pending, before_search=another)

    assert (await others[0]).status is MessageStatus.COMPLETE
    assert len(provider.requests()) == 1
    assert types(await told(world, ada, pending)).count(EventType.RETRIEVED) == 1


async def test_what_another_worker_took_is_not_what_an_answer_took(
    world: AsyncContainer,
) -> None:
    ada = await a_reader(world)
    pending = await ask(world, ada)
    made = await answer(world, pending, ada)
    async with world() as request:
        end = (await request.get(AnswerQuestion)).end
        (usage,) = await charged(world, ada)
        message = await end.ending.messages.read(ada.user_id, made.id)
        await end(message, lambda *_: None, replace(usage, output_tokens=9_999))
    assert await shown(world, pending, ada) == made


async def test_finding_passages_counts_as_time_of_the_answer(world: AsyncContainer) -> None:
    ada = await a_reader(world)
    pending = await ask(world, ada)

    await made_with(world, ada, pending, before_search=partial(asyncio.sleep, SLOW))

    (usage,) = await charged(world, ada)
    assert usage.first_token_ms is not None
    assert SLOW * 1000 <= usage.first_token_ms <= usage.total_ms


async def test_a_question_that_leaves_no_room_for_a_passage_is_answered_with_quotes(
    world: AsyncContainer, provider: ModelProvider
) -> None:
    ada = await a_reader(world)
    pending = await ask(world, ada)
    async with world() as request:
        making = await request.get(AnswerQuestion)
        models = replace(making.write.models, context=1_100)
        small = replace(making, write=replace(making.write, models=models))
        await small(AnswerDue((await world.get(Ids)).next(), ada.user_id, pending.id))

    made = await shown(world, pending, ada)
    assert made.mode is AnswerMode.EXTRACTIVE
    assert made.content == "Invoices are kept for ten years."
    assert provider.requests() == []


async def test_an_earlier_answer_that_is_sent_again_stands_in_the_ledger(
    world: AsyncContainer,
) -> None:
    ada = await a_reader(world)
    first = await ask(world, ada, model="paced:30")
    await answer(world, first, ada)
    second = await ask(world, ada, conversation_id=first.conversation_id)
    await answer(world, second, ada)

    async with world() as request:
        sent = await (await request.get(ListEgress))(ada, PageRequest())
    assert first.id in sent.items[0].object_ids
    assert second.id not in sent.items[0].object_ids


async def test_a_stopped_answer_says_nothing_more(world: AsyncContainer) -> None:
    ada = await a_reader(world)
    pending = await ask(world, ada, model="paced:200")
    making = asyncio.create_task(answer(world, pending, ada))
    await begun(world, ada, pending)
    async with world() as request:
        stopped = await (await request.get(StopAnswer))(ada, pending.id)
    assert stopped.status is MessageStatus.STOPPED
    made = await making
    assert made.content == stopped.content
    assert 0 < len(made.content.split("word ")) < 200
    assert (await told(world, ada, pending))[-1].type is EventType.STOPPED
    (usage,) = await charged(world, ada)
    assert usage.status is UsageStatus.CANCELLED
    assert made.completion_tokens > 0


async def test_a_deleted_conversation_is_not_answered_any_more(world: AsyncContainer) -> None:
    ada = await a_reader(world)
    pending = await ask(world, ada, model="paced:200")
    making = asyncio.create_task(answer(world, pending, ada))
    await begun(world, ada, pending)
    async with world() as request:
        await (await request.get(DeleteConversation))(ada, pending.conversation_id)
    with pytest.raises(NotFound):
        await making
    (usage,) = await charged(world, ada)
    assert usage.status is UsageStatus.CANCELLED
