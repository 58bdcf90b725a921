"""Answers whose workers are gone: how they end, and what they are charged."""

import pytest
from dishka import AsyncContainer

from application.analytics.exports import TokensSource, UsageStatus
from application.analytics.ports import Budgets
from application.conversations.answers import FailAnswer
from application.conversations.conversations import DeleteConversation
from application.conversations.ports import MessageEvents, Messages
from application.conversations.views import MessageView
from application.identity.exports import ConsentPurpose
from application.models.egress import AllowEgress, Departure
from application.shared.actor import Actor
from application.shared.ports import Clock, Ids, Transaction
from domain.analytics.budget import Budget
from domain.conversations.events import AnswerDue
from domain.conversations.message import MessageStatus
from entrypoints.settings import Settings
from tests.contract.conversations.test_answering import a_reader, answer, ask, charged, shown
from tests.pipeline import drain


@pytest.fixture
def settings(modelled: Settings) -> Settings:
    return modelled


async def was_sent(
    world: AsyncContainer,
    actor: Actor,
    message: MessageView,
    model: str = "gpt-4",
    size: int = 4_000,
) -> None:
    """So many bytes, to a model that had not ended its answer when the worker died."""
    departure = Departure(
        user_id=actor.user_id,
        attempt_id=message.id,
        provider="openai",
        model=model,
        purpose=ConsentPurpose.AI_EXTERNAL_DOCUMENTS,
        object_ids=(),
        body=b"x" * size,
    )
    async with world() as request:
        await (await request.get(AllowEgress))(departure)


async def budget(world: AsyncContainer, actor: Actor) -> Budget:
    async with world() as request, await request.get(Transaction):
        found: Budget = await (await request.get(Budgets)).get(actor.user_id)
        return found


async def test_what_was_being_written_is_kept_as_failed_and_charged_by_estimate(
    world: AsyncContainer,
) -> None:
    ada = await a_reader(world)
    pending = await ask(world, ada)
    await was_sent(world, ada, pending, "down", 9_000)
    await was_sent(world, ada, pending)
    async with world() as request:
        messages, events = await request.get(Messages), await request.get(MessageEvents)
        begun = await messages.read(ada.user_id, pending.id)
        begun.begin("openai", "gpt-4-0613", [])
        await messages.save(begun)
        now = (await world.get(Clock)).now()
        assert await events.write(ada.user_id, pending.id, "half an ans", now)
    for _ in range(2):
        made = await answer(world, pending, ada)
        assert (made.status, made.content) == (MessageStatus.FAILED, "half an ans")
        (usage,) = await charged(world, ada)
        assert (usage.status, usage.provider) == (UsageStatus.ERROR, "openai")
        assert (usage.model_asked, usage.model_used) == ("gpt-4", "gpt-4-0613")
        assert (usage.input_tokens, usage.output_tokens) == (1_000, 2)
        assert usage.tokens_source is TokensSource.ESTIMATED


async def test_what_a_provider_was_asked_in_vain_is_no_free_answer(world: AsyncContainer) -> None:
    ada = await a_reader(world)
    pending = await ask(world, ada)
    await was_sent(world, ada, pending)
    async with world() as request:
        event = AnswerDue((await world.get(Ids)).next(), ada.user_id, pending.id)
        await (await request.get(FailAnswer))(event)
    assert (await shown(world, pending, ada)).status is MessageStatus.FAILED
    (usage,) = await charged(world, ada)
    assert (usage.provider, usage.model_used, usage.input_tokens) == ("openai", "gpt-4", 1_000)
    assert (await budget(world, ada)).day_requests == 1


async def test_what_nobody_was_asked_for_counts_against_no_limit(world: AsyncContainer) -> None:
    ada = await a_reader(world)
    pending = await ask(world, ada)
    async with world() as request:
        event = AnswerDue((await world.get(Ids)).next(), ada.user_id, pending.id)
        await (await request.get(FailAnswer))(event)
    (usage,) = await charged(world, ada)
    assert usage.input_tokens == 0
    assert (await budget(world, ada)).day_requests == 0


@pytest.mark.parametrize("by_failing", [False, True])
async def test_a_question_that_is_deleted_before_its_answer_holds_nothing_back(
    world: AsyncContainer, by_failing: bool
) -> None:
    ada = await a_reader(world)
    pending = await ask(world, ada)
    assert (await budget(world, ada)).reserved
    async with world() as request:
        await (await request.get(DeleteConversation))(ada, pending.conversation_id)
    if by_failing:
        async with world() as request:
            event = AnswerDue((await world.get(Ids)).next(), ada.user_id, pending.id)
            await (await request.get(FailAnswer))(event)
    else:
        await drain(world)
    kept = await budget(world, ada)
    assert not kept.reserved
    assert not kept.day_requests
