"""Providers that fail, or speak as they should not: the question stays, and what was written."""

import asyncio

import pytest
from dishka import AsyncContainer

from application.analytics.exports import UsageStatus
from application.conversations.asking import RegenerateAnswer
from application.conversations.ports import Messages
from application.conversations.questions import Another
from domain.conversations.message import MessageStatus
from domain.conversations.stream import EventType
from entrypoints.settings import Settings
from tests.contract.conversations.test_answering import (
    ASKED,
    a_reader,
    answer,
    ask,
    charged,
    shown,
    told,
    types,
)
from tests.model_provider.process import KEY, ModelProvider
from tests.running import until


@pytest.fixture
def settings(modelled: Settings) -> Settings:
    return modelled


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("bad-json", "model_broken"),
        ("busy-for-long", "model_busy"),
        ("cut-before", "model_broken"),
        ("down", "model_unavailable"),
        ("empty", "model_broken"),
        ("error-in-stream", "model_broken"),
        ("filtered", "model_refused"),
        ("forbidden", "model_refused"),
        ("gzipped", "model_broken"),
        ("html", "model_broken"),
        ("huge-line", "model_broken"),
        ("no-answer", "model_unavailable"),
        ("no-quota", "model_refused"),
        ("not-text", "model_broken"),
        ("redirect", "model_refused"),
        ("silent", "model_timeout"),
        ("slow-first", "model_timeout"),
        ("wrong-shape", "model_broken"),
    ],
)
async def test_a_provider_that_fails_costs_nobody_the_question(
    world: AsyncContainer, script: str, code: str
) -> None:
    ada = await a_reader(world)
    made = await answer(world, await ask(world, ada, model=script), ada)
    assert made.status is MessageStatus.FAILED
    assert made.error is not None
    assert made.error.code == code
    assert KEY not in made.error.detail
    assert "secret" not in made.error.detail
    assert made.content == ""
    async with world() as request:
        question = await (await request.get(Messages)).read(ada.user_id, made.parent_id)
        assert question.content == ASKED
    assert types(await told(world, ada, made))[-1] == "message.failed"
    (usage,) = await charged(world, ada)
    assert usage.status in (UsageStatus.ERROR, UsageStatus.TIMEOUT)


@pytest.mark.parametrize("script", ["cut-after", "error-after-delta", "no-reason", "stalls"])
async def test_what_was_written_before_a_failure_is_kept(
    world: AsyncContainer, script: str
) -> None:
    ada = await a_reader(world)
    made = await answer(world, await ask(world, ada, model=script), ada)
    assert (made.status, made.content) == (MessageStatus.FAILED, "half an ans")
    async with world() as request:
        again = await (await request.get(RegenerateAnswer))(ada, made.id, Another("cites"))
    assert again.parent_id == made.parent_id
    better = await answer(world, again, ada)
    assert better.status is MessageStatus.COMPLETE
    assert (await shown(world, made, ada)).content == "half an ans"


@pytest.mark.parametrize(
    ("script", "code"), [("drips", "model_timeout"), ("endless", "model_broken")]
)
async def test_an_answer_without_end_is_ended(
    world: AsyncContainer, provider: ModelProvider, script: str, code: str
) -> None:
    ada = await a_reader(world)
    made = await answer(world, await ask(world, ada, model=script), ada)
    assert made.status is MessageStatus.FAILED
    assert made.error is not None
    assert made.error.code == code
    assert made.content.startswith(("drip drip", "xxx"))
    pieces = [one for one in await told(world, ada, made) if one.type is EventType.DELTA]
    assert "".join(one.data["text"] for one in pieces) == made.content
    await asyncio.to_thread(until, lambda: provider.requests()[0]["closed"])


@pytest.mark.parametrize("script", ["no-done", "no-usage", "mad-usage", "too-long", "down:2"])
async def test_what_can_be_made_of_an_answer_is_made(world: AsyncContainer, script: str) -> None:
    ada = await a_reader(world)
    made = await answer(world, await ask(world, ada, model=script), ada)
    assert made.status is MessageStatus.COMPLETE
    assert made.total_tokens > 0


async def test_characters_that_no_database_takes_are_no_reason_to_fail(
    world: AsyncContainer,
) -> None:
    ada = await a_reader(world)
    made = await answer(world, await ask(world, ada, model="unstorable"), ada)
    assert made.status.terminal
