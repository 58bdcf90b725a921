"""When a provider fails: who is asked again, and what the tries took."""

from dataclasses import replace
from datetime import timedelta

import pytest
from dishka import AsyncContainer

from application.analytics.exports import TokensSource, UsageStatus
from application.models.dispatch import Dispatch
from domain.models.errors import (
    ModelBroken,
    ModelBusy,
    ModelRefused,
    ModelTimeout,
    ModelUnavailable,
)
from tests.contract.models.conftest import an_order, somebody
from tests.contract.models.test_dispatch import failing, ledger, told
from tests.model_provider.process import ModelProvider


async def test_a_provider_that_is_down_is_asked_three_times(
    world: AsyncContainer, provider: ModelProvider
) -> None:
    ada = await somebody(world)
    order = an_order(ada, "down:2")
    text, usage = await told(world, order)
    assert text
    assert usage.status is UsageStatus.OK
    assert len(provider.requests()) == 3
    assert [entry.attempt_id for entry in await ledger(world, ada)] == [order.attempt_id] * 3

    _, usage = await failing(world, an_order(ada, "down"), ModelUnavailable)
    assert len(provider.requests()) == 6
    assert (usage.status, usage.tokens_source) == (UsageStatus.ERROR, TokensSource.NONE)


async def test_a_try_that_the_provider_did_not_take_costs_nothing(world: AsyncContainer) -> None:
    ada = await somebody(world)
    _, once = await told(world, an_order(ada))
    _, usage = await told(world, an_order(ada, "down:2"))
    assert usage.prompt_tokens == once.prompt_tokens
    assert usage.tokens_source is TokensSource.PROVIDER


async def test_what_a_failed_try_took_is_counted_too(world: AsyncContainer) -> None:
    ada = await somebody(world)
    _, once = await told(world, an_order(ada))
    _, usage = await told(world, an_order(ada, "billed:1"))
    assert usage.prompt_tokens == 2 * once.prompt_tokens
    assert usage.completion_tokens == once.completion_tokens + 2  # of thinking, in vain
    assert (usage.status, usage.tokens_source) == (UsageStatus.OK, TokensSource.PROVIDER)


async def test_the_prompt_of_a_try_that_came_to_nothing_is_estimated(
    world: AsyncContainer,
) -> None:
    ada, prompt = await somebody(world), len("Hello?") // 4
    _, once = await told(world, an_order(ada))
    _, usage = await told(world, an_order(ada, "empty:1"))
    assert usage.prompt_tokens == once.prompt_tokens + prompt
    assert usage.completion_tokens == once.completion_tokens
    assert (usage.status, usage.tokens_source) == (UsageStatus.OK, TokensSource.ESTIMATED)

    _, usage = await failing(world, an_order(ada, "empty"), ModelBroken)
    assert (usage.prompt_tokens, usage.completion_tokens) == (3 * prompt, 0)
    assert (usage.status, usage.tokens_source) == (UsageStatus.ERROR, TokensSource.ESTIMATED)


async def test_a_model_that_thought_for_too_long_is_paid_once_and_not_asked_again(
    world: AsyncContainer, provider: ModelProvider
) -> None:
    ada = await somebody(world)
    error, usage = await failing(world, an_order(ada, "lost-in-thought"), ModelRefused)
    assert "no room" in str(error)
    assert (usage.output_tokens, usage.reasoning_tokens) == (0, 2)
    assert len(provider.requests()) == 1


async def test_what_has_begun_to_speak_is_not_asked_again(
    world: AsyncContainer, provider: ModelProvider
) -> None:
    ada = await somebody(world)
    _, usage = await failing(world, an_order(ada, "cut-after"), ModelBroken)
    assert len(provider.requests()) == 1
    assert (usage.status, usage.tokens_source) == (UsageStatus.ERROR, TokensSource.ESTIMATED)
    assert usage.output_tokens == len("half an ans") // 4


async def test_a_refusal_is_not_asked_again(world: AsyncContainer, provider: ModelProvider) -> None:
    ada = await somebody(world)
    await failing(world, an_order(ada, "forbidden"), ModelRefused)
    assert len(provider.requests()) == 1


async def test_who_asks_for_an_hour_is_not_waited_for(
    world: AsyncContainer, provider: ModelProvider
) -> None:
    ada = await somebody(world)
    error, _ = await failing(world, an_order(ada, "busy-for-long"), ModelBusy)
    assert error.retry_after == timedelta(hours=1)
    assert len(provider.requests()) == 1


async def test_a_provider_that_says_nothing_is_a_timeout(world: AsyncContainer) -> None:
    ada = await somebody(world)
    async with world() as request:
        dispatch = await request.get(Dispatch)
        patient = replace(dispatch.models, backoff=timedelta(hours=1))  # one try is enough here
        call = replace(dispatch, models=patient)(an_order(ada, "silent"))
        with pytest.raises(ModelTimeout):
            await anext(aiter(call))
    assert call.usage().status is UsageStatus.TIMEOUT
