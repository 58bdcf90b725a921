"""The door to the providers: what has to be true before, and what is known after."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from dishka import AsyncContainer

from application.analytics.exports import TokensSource, UsageEvent, UsageStatus
from application.identity.exports import ConsentPurpose, ConsentRequired
from application.identity.ports import Consents
from application.models.dispatch import Call, Dispatch, Order
from application.models.ports import ChatModels, EgressLedger
from application.shared.page import PageRequest
from application.shared.ports import Ids, Transaction
from domain.identity.consent import NOTICES, Action, Consent, ConsentEvent
from domain.models.chat import Delta, Finished, Started
from domain.models.egress import EgressEvent
from domain.models.errors import (
    ModelBroken,
    ModelNotAllowed,
)
from domain.shared.ids import UserId
from entrypoints.providers.models import GEMINI_REASONING
from entrypoints.settings import AiProvider, Settings
from tests.contract.models.conftest import an_order, somebody
from tests.model_provider.process import ModelProvider
from tests.running import until

NOW = datetime(2026, 11, 25, tzinfo=UTC)


async def decide(world: AsyncContainer, owner: UserId, *, granted: bool) -> None:
    purpose = ConsentPurpose.AI_EXTERNAL_DOCUMENTS
    version = NOTICES[purpose].version
    event = ConsentEvent(
        user_id=owner,
        id=(await world.get(Ids)).next(),
        purpose=purpose,
        action=Action.GRANTED if granted else Action.WITHDRAWN,
        notice_version=version,
        notice_sha256="0" * 64,
        address=None,
        user_agent=None,
        source="api",
        at=NOW,
    )
    consent = Consent(
        user_id=owner, purpose=purpose, granted=granted, notice_version=version, updated_at=NOW
    )
    async with world() as request:
        await (await request.get(Consents)).save(consent, event)


@asynccontextmanager
async def dispatched(world: AsyncContainer, order: Order) -> AsyncIterator[Call]:
    async with world() as request:
        dispatch = await request.get(Dispatch)
        soon = replace(dispatch.models, backoff=timedelta(milliseconds=1))
        async with replace(dispatch, models=soon)(order) as call:
            yield call


async def told(world: AsyncContainer, order: Order) -> tuple[str, UsageEvent]:
    async with dispatched(world, order) as call:
        text = "".join([event.text async for event in call if isinstance(event, Delta)])
    return text, call.usage()


async def failing(
    world: AsyncContainer, order: Order, kind: type[Exception]
) -> tuple[Any, UsageEvent]:
    with pytest.raises(kind) as raised:
        async with dispatched(world, order) as call:
            async for _ in call:
                pass
    return raised.value, call.usage()


async def ledger(world: AsyncContainer, owner: UserId) -> list[EgressEvent]:
    """The oldest first."""
    async with world() as request:
        page = await (await request.get(EgressLedger)).page(owner, PageRequest())
    return list(reversed(page.items))


async def test_what_is_sent_is_what_the_ledger_says(
    world: AsyncContainer, provider: ModelProvider
) -> None:
    ada = await somebody(world)
    await decide(world, ada, granted=True)
    order = an_order(ada, sources=2)
    text, usage = await told(world, order)
    assert text == "The sources say nothing about this."
    (sent,) = provider.requests()
    (entry,) = await ledger(world, ada)
    assert (entry.sha256, entry.bytes) == (sent["sha256"], len(sent["body"]))
    assert (entry.attempt_id, entry.object_ids) == (order.attempt_id, order.sources)
    assert (entry.provider, entry.model) == ("openai", "cites")
    assert entry.purpose == "ai_external.documents"
    assert (usage.id, usage.user_id) == (order.attempt_id, ada)
    assert (usage.provider, usage.model_asked, usage.model_used) == (
        "openai",
        "cites",
        "cites-0613",
    )
    assert (usage.status, usage.tokens_source) == (UsageStatus.OK, TokensSource.PROVIDER)
    assert usage.input_tokens > 0
    assert usage.first_token_ms is not None
    assert usage.total_ms >= usage.first_token_ms


async def test_it_is_written_down_before_it_leaves(
    world: AsyncContainer, provider: ModelProvider
) -> None:
    ada = await somebody(world)
    async with dispatched(world, an_order(ada, "silent")) as call:
        waiting = asyncio.ensure_future(anext(aiter(call)))
        await asyncio.to_thread(until, provider.requests)
        assert len(await ledger(world, ada)) == 1
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert call.usage().status is UsageStatus.CANCELLED


async def test_without_consent_nothing_of_the_users_leaves(
    world: AsyncContainer, provider: ModelProvider
) -> None:
    ada = await somebody(world)
    for _ in range(2):
        error, usage = await failing(world, an_order(ada, sources=1), ConsentRequired)
        assert (error.code, usage.tokens_source) == ("consent_required", TokensSource.NONE)
        await decide(world, ada, granted=False)
    assert provider.requests() == []
    assert await ledger(world, ada) == []


async def test_a_consent_that_is_withdrawn_between_two_tries_holds_for_the_second(
    world: AsyncContainer, provider: ModelProvider
) -> None:
    ada = await somebody(world)
    await decide(world, ada, granted=True)
    async with world() as request:
        dispatch = await request.get(Dispatch)
        slow = replace(dispatch.models, backoff=timedelta(seconds=6))
        call = replace(dispatch, models=slow)(an_order(ada, "down", sources=1))
        asked = asyncio.ensure_future(anext(aiter(call)))
        await asyncio.to_thread(until, provider.requests)
        await decide(world, ada, granted=False)
        with pytest.raises(ConsentRequired):
            await asked
    assert len(provider.requests()) == 1


async def test_a_question_that_holds_nothing_of_theirs_needs_no_consent(
    world: AsyncContainer, provider: ModelProvider
) -> None:
    ada = await somebody(world)
    await told(world, an_order(ada))
    assert len(provider.requests()) == len(await ledger(world, ada)) == 1


async def test_leaving_stops_the_provider_and_tells_what_it_took(
    world: AsyncContainer, provider: ModelProvider
) -> None:
    ada = await somebody(world)
    async with dispatched(world, an_order(ada, "stalls")) as call:
        async for event in call:
            if isinstance(event, Delta):
                break
    await asyncio.to_thread(until, lambda: provider.requests()[0]["closed"], 5)
    usage = call.usage()
    assert (usage.status, usage.tokens_source) == (UsageStatus.CANCELLED, TokensSource.ESTIMATED)
    assert usage.output_tokens == len("half an ans") // 4


async def test_a_model_that_is_not_offered_is_not_asked(
    world: AsyncContainer, provider: ModelProvider
) -> None:
    ada = await somebody(world)
    with pytest.raises(ModelNotAllowed):
        async with dispatched(world, an_order(ada, "gpt-9")):
            pass
    assert provider.requests() == []


async def test_a_transaction_is_not_held_open_while_a_model_speaks(world: AsyncContainer) -> None:
    ada = await somebody(world)
    async with world() as request:
        dispatch, transaction = await request.get(Dispatch), await request.get(Transaction)
        with pytest.raises(RuntimeError, match="already open"):
            async with transaction, dispatch(an_order(ada)) as call:
                await anext(aiter(call))


class TestFallback:
    @pytest.fixture
    def settings(self, settings: Settings, provider: ModelProvider) -> Settings:
        """Whose second provider is another one."""
        return msgspec.structs.replace(
            settings,
            ai_fallback=(AiProvider.GEMINI,),
            gemini_base_url=provider.base_url.replace("/v1", "/gemini/v1"),
            gemini_api_key="another key",
            gemini_model="no-usage",
        )

    @pytest.mark.parametrize(("model", "tries"), [("forbidden", 1), ("down", 3)])
    async def test_the_next_provider_answers_with_its_own_model_and_it_is_said_who_did(
        self, world: AsyncContainer, provider: ModelProvider, model: str, tries: int
    ) -> None:
        ada = await somebody(world)
        async with dispatched(world, an_order(ada, model)) as call:
            events = [event async for event in call]
        assert [event for event in events if isinstance(event, Started)] == [
            Started("gemini", "no-usage")
        ]
        assert isinstance(events[-1], Finished)
        usage = call.usage()
        assert (usage.provider, usage.model_asked) == ("gemini", "no-usage")
        assert (usage.model_used, usage.status) == ("no-usage-0613", UsageStatus.OK)
        sent = provider.requests()
        assert sent[-1]["path"] == "/gemini/v1/chat/completions"
        assert sent[-1]["authorization"] == "Bearer another key"
        entries = await ledger(world, ada)
        assert [entry.provider for entry in entries] == ["openai"] * tries + ["gemini"]
        assert [entry.sha256 for entry in entries] == [one["sha256"] for one in sent]

    async def test_an_event_tells_of_one_provider(self, world: AsyncContainer) -> None:
        ada = await somebody(world)
        text, usage = await told(world, an_order(ada, "empty"))
        assert (usage.provider, usage.prompt_tokens) == ("gemini", len("Hello?") // 4)
        assert usage.completion_tokens == len(text) // 4

    async def test_an_answer_that_broke_off_is_not_continued_by_another(
        self, world: AsyncContainer, provider: ModelProvider
    ) -> None:
        ada = await somebody(world)
        await failing(world, an_order(ada, "cut-after"), ModelBroken)
        assert len(provider.requests()) == 1

    async def test_geminis_models_have_room_to_think(self, world: AsyncContainer) -> None:
        models = await world.get(ChatModels)
        assert [one.reasoning_tokens for one in models.providers] == [0, GEMINI_REASONING]

    async def test_the_models_that_may_be_asked_for_are_the_first_providers(
        self, world: AsyncContainer
    ) -> None:
        models = await world.get(ChatModels)
        assert models.choice[0] == "cites"
        assert "no-usage" not in models.choice


class TestThinking:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, openai_model="thinks", ai_reasoning_tokens=2000)

    async def test_a_model_that_may_think_answers_and_its_thoughts_are_counted(
        self, world: AsyncContainer
    ) -> None:
        ada = await somebody(world)
        text, usage = await told(world, an_order(ada, "thinks"))
        assert text
        assert usage.reasoning_tokens == 2
        estimate = (await world.get(ChatModels)).estimate(None)
        assert estimate.tokens.reasoning_tokens == 2000
