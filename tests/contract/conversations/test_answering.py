"""Answers as models write them, or fail to: the same on both worlds, from a real provider's stream."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from dishka import AsyncContainer
from msgspec import json

from application.analytics.exports import UsageEvent, UsageStatus
from application.analytics.ports import Prices, UsageReader
from application.conversations.answers import AnswerQuestion
from application.conversations.asking import AskQuestion
from application.conversations.questions import Question
from application.conversations.reading import ShowMessage
from application.conversations.stopping import StopAnswer
from application.conversations.views import MessageView
from application.conversations.watching import WatchAnswer
from application.identity.users import RegisterUser, Registration
from application.knowledge.documents import UploadDocument
from application.knowledge.metadata import Details
from application.models.exports import Outcome, Tracers
from application.shared.actor import EVERYTHING_OWN, Actor
from application.shared.ports import Ids, Transaction
from domain.analytics.price import DEFAULTS
from domain.conversations.conversation import Kind, MessageId
from domain.conversations.events import AnswerDue
from domain.conversations.message import AnswerMode, MessageStatus, Notice, Verified
from domain.conversations.stream import EventType, MessageEvent
from entrypoints.settings import Settings
from tests.conftest import execute
from tests.contract.models.test_dispatch import decide
from tests.model_provider.process import ModelProvider
from tests.pipeline import drain
from tests.unit.conversations.test_tracing import Watcher
from tests.unit.knowledge.test_ingestion import sent

POLICY = "Invoices are kept for ten years. Email is deleted after one year.\n"
ASKED = "How long are invoices kept?"


@pytest.fixture
def settings(modelled: Settings) -> Settings:
    return modelled


async def a_reader(world: AsyncContainer, *, consents: bool = True) -> Actor:
    """Somebody with a document that is read."""
    async with world() as request:
        registration = Registration("ada@example.org", "correct horse battery")
        user = await (await request.get(RegisterUser))(registration)
        ada = Actor(user.id, EVERYTHING_OWN)
    async with world() as request:
        await (await request.get(UploadDocument))(ada, sent(POLICY.encode()), Details())
    await drain(world)
    if consents:
        await decide(world, ada.user_id, granted=True)
    return ada


async def ask(world: AsyncContainer, actor: Actor, **question: Any) -> MessageView:
    """The pending answer."""
    async with world() as request:
        asked = await (await request.get(AskQuestion))(actor, Question(ASKED, **question))
    return asked.answer


async def answer(world: AsyncContainer, pending: MessageView, actor: Actor) -> MessageView:
    """As a worker does it, without a pause between its tries at the provider."""
    async with world() as request:
        making = await request.get(AnswerQuestion)
        write = making.write
        models = replace(write.models, backoff=timedelta(milliseconds=1))
        dispatch = replace(write.dispatch, models=models)
        quick = replace(making, write=replace(write, dispatch=dispatch))
        await quick(AnswerDue((await world.get(Ids)).next(), actor.user_id, pending.id))
    return await shown(world, pending, actor)


async def watched(world: AsyncContainer, actor: Actor, model: str) -> Outcome:
    """What a tracer is told of one more answer."""
    pending, watcher = await ask(world, actor, model=model), Watcher()
    async with world() as request:
        making = replace(await request.get(AnswerQuestion), tracers=Tracers((watcher,)))
        await making(AnswerDue((await world.get(Ids)).next(), actor.user_id, pending.id))
    ((_, outcome),) = watcher.told
    return outcome


async def shown(world: AsyncContainer, message: MessageView, actor: Actor) -> MessageView:
    async with world() as request:
        return await (await request.get(ShowMessage))(actor, message.id)


async def told(world: AsyncContainer, actor: Actor, message: MessageView) -> list[MessageEvent]:
    async with world() as request:
        return [one async for one in (await request.get(WatchAnswer))(actor, message.id)]


async def begun(world: AsyncContainer, actor: Actor, message: MessageView) -> None:
    """Wait for the first piece."""
    async with world() as request:
        events = (await request.get(WatchAnswer))(actor, message.id)
        async for event in events:
            if event.type is EventType.DELTA:
                break
        await events.aclose()


async def charged(world: AsyncContainer, actor: Actor) -> list[UsageEvent]:
    async with world() as request:
        reader: UsageReader = await request.get(UsageReader)
        return await reader.answers(actor.user_id, 10)


def types(events: list[MessageEvent]) -> list[str]:
    """With the pieces of the text as one."""
    found = [event.type for event in events]
    return [one for one, before in zip(found, [None, *found], strict=False) if one != before]


async def test_a_model_writes_and_what_it_cites_is_checked(
    world: AsyncContainer, provider: ModelProvider
) -> None:
    ada = await a_reader(world)
    pending = await ask(world, ada)

    made = await answer(world, pending, ada)

    assert (made.status, made.mode) == (MessageStatus.COMPLETE, AnswerMode.MODEL)
    assert made.model_used == "cites-0613"
    assert made.prompt_tokens > 0
    assert made.completion_tokens > 0
    assert "[1]" in made.content
    citation = made.citations[0]
    assert citation.verified is Verified.EXACT
    assert POLICY[citation.start : citation.end] == citation.quote
    events = await told(world, ada, pending)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert types(events) == [
        "message.created",
        "retrieval.completed",
        "text.delta",
        "citation.added",
        "usage",
        "message.completed",
    ]
    text = "".join(event.data["text"] for event in events if event.type is EventType.DELTA)
    assert text == made.content
    (usage,) = await charged(world, ada)
    assert (usage.id, usage.status) == (pending.id, UsageStatus.OK)
    assert usage.prompt_tokens == made.prompt_tokens
    (request,) = provider.requests()
    assert ASKED in request["body"]


async def test_without_consent_it_is_quoted_and_nothing_leaves(
    world: AsyncContainer, provider: ModelProvider
) -> None:
    ada = await a_reader(world, consents=False)
    pending = await ask(world, ada)
    made = await answer(world, pending, ada)
    assert (made.mode, made.notice) == (AnswerMode.EXTRACTIVE, Notice.CONSENT_REQUIRED)
    assert made.content == "Invoices are kept for ten years."
    assert not provider.requests()
    assert types(await told(world, ada, pending))[-1] == "message.completed"
    (usage,) = await charged(world, ada)
    assert (usage.provider, usage.model_used) == ("local", "extractive")


async def test_the_extractive_model_asks_nobody(
    world: AsyncContainer, provider: ModelProvider
) -> None:
    ada = await a_reader(world)
    made = await answer(world, await ask(world, ada, model="extractive"), ada)
    assert (made.mode, made.notice) == (AnswerMode.EXTRACTIVE, None)
    assert not provider.requests()


async def test_a_general_question_needs_no_documents_and_no_consent(
    world: AsyncContainer, provider: ModelProvider
) -> None:
    ada = await a_reader(world, consents=False)
    made = await answer(world, await ask(world, ada, kind=Kind.GENERAL, model="echo"), ada)
    assert (made.mode, made.citations) == (AnswerMode.MODEL, [])
    assert made.content.endswith(ASKED)
    (request,) = provider.requests()
    assert "ten years" not in request["body"]


async def test_a_database_that_is_away_for_a_moment_costs_no_answer(
    postgres: AsyncContainer, database: str
) -> None:
    ada = await a_reader(postgres)
    pending = await ask(postgres, ada, model="paced:200")
    making = asyncio.create_task(answer(postgres, pending, ada))
    await begun(postgres, ada, pending)
    await execute(
        database,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'colonnade'",
    )
    made = await making
    assert made.status is MessageStatus.COMPLETE
    assert made.content == "".join(f"word {number} " for number in range(200))
    events = await told(postgres, ada, pending)
    pieces = [one.data["text"] for one in events if one.type is EventType.DELTA]
    assert "".join(pieces) == made.content


async def test_who_watches_is_told_what_an_answer_cost(world: AsyncContainer) -> None:
    ada = await a_reader(world)
    unpriced = await watched(world, ada, "cites")
    price = replace(DEFAULTS[1], id=uuid4(), model="cites")
    async with world() as request, await request.get(Transaction):
        await (await request.get(Prices)).add(price)
    priced = await watched(world, ada, "cites")
    local = await watched(world, ada, "extractive")
    assert unpriced.cost is None
    assert priced.usage is not None
    assert priced.usage.model_used == "cites-0613"
    assert priced.cost == price.of(priced.usage) > 0
    assert local.cost == 0


async def test_an_answer_that_is_stopped_before_it_begins_is_not_begun(
    world: AsyncContainer, provider: ModelProvider
) -> None:
    ada = await a_reader(world)
    pending = await ask(world, ada)
    async with world() as request:
        await (await request.get(StopAnswer))(ada, pending.id)
    made = await answer(world, pending, ada)
    assert (made.status, made.content) == (MessageStatus.STOPPED, "")
    assert not provider.requests()
    (usage,) = await charged(world, ada)
    assert (usage.status, usage.total_tokens) == (UsageStatus.CANCELLED, 0)


async def test_answers_of_one_conversation_are_made_one_after_the_other(
    world: AsyncContainer, provider: ModelProvider
) -> None:
    ada = await a_reader(world)
    first = await ask(world, ada)
    second = await ask(world, ada, conversation_id=UUID(int=first.conversation_id.int))
    assert MessageId(second.id) != first.id
    await drain(world)
    one, two = await shown(world, first, ada), await shown(world, second, ada)
    assert one.status is two.status is MessageStatus.COMPLETE
    last = provider.requests()[-1]["body"]
    assert json.decode(last)["messages"][2]["content"] == one.content
