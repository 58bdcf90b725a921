"""OpenAI's client against a provider that plays what providers do."""

import asyncio
import hashlib
import json
import logging
import threading
import tracemalloc
from contextlib import aclosing

import pytest

from adapters.models.bounded import LINE
from adapters.models.openai_chat import Endpoint, OpenAiChat
from domain.models.chat import ChatEvent, Delta, Finished, FinishReason, Started, Usage
from domain.models.errors import (
    ModelBroken,
    ModelBusy,
    ModelFailed,
    ModelRefused,
    ModelTimeout,
    ModelUnavailable,
    Wait,
)
from domain.shared.tokens import TokensSource
from tests.contract.models.conftest import TIMEOUTS, asking
from tests.model_provider.process import KEY, ModelProvider
from tests.running import free_port, until

PROMPT = "Sources:\n\n[1] Policy, page 3\nInvoices are kept for ten years.\n\nQuestion: How long?"
CITED = 'The document says: "Invoices are kept for ten years." [1].'


async def told(chat: OpenAiChat, model: str, text: str = "Hello?") -> list[ChatEvent]:
    async with aclosing(chat.stream(chat.prepare(asking(model, text)))) as events:
        return [event async for event in events]


async def failing(chat: OpenAiChat, model: str) -> tuple[str, ModelFailed]:
    """What had been written, and how it failed."""
    written: list[str] = []
    with pytest.raises(ModelFailed) as raised:
        async with aclosing(chat.stream(chat.prepare(asking(model)))) as events:
            async for event in events:
                if isinstance(event, Delta):
                    written.append(event.text)
    return "".join(written), raised.value


def text_of(events: list[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


def finished(events: list[ChatEvent]) -> Finished:
    assert isinstance(events[-1], Finished)
    return events[-1]


def usages(events: list[ChatEvent]) -> list[Usage]:
    return [event for event in events if isinstance(event, Usage)]


async def test_an_answer_comes_in_pieces_with_what_it_took(chat: OpenAiChat) -> None:
    events = await told(chat, "cites", PROMPT)
    assert events[0] == Started("openai", "cites")
    assert text_of(events) == CITED
    assert len(events) > 5
    end = finished(events)
    assert (end.reason, end.provider, end.model) == (FinishReason.STOP, "openai", "cites-0613")
    assert 0 <= end.first_token_ms <= end.total_ms


async def test_the_providers_tokens_are_split_so_that_none_counts_twice(chat: OpenAiChat) -> None:
    (usage,) = usages(await told(chat, "cites", PROMPT))
    assert usage.source is TokensSource.PROVIDER
    prompt, completion = len(PROMPT) // 3, len(CITED) // 3 + 2
    assert (usage.input_tokens, usage.cached_input_tokens) == (prompt - prompt // 2, prompt // 2)
    assert (usage.output_tokens, usage.reasoning_tokens) == (completion - 2, 2)
    assert usage.total_tokens == prompt + completion


@pytest.mark.parametrize("model", ["no-usage", "no-done", "mad-usage"])
async def test_of_tokens_that_nobody_counted_nothing_is_told(chat: OpenAiChat, model: str) -> None:
    events = await told(chat, model, PROMPT)
    assert text_of(events)
    assert not usages(events)


async def test_an_answer_that_was_too_long_says_so(chat: OpenAiChat) -> None:
    assert finished(await told(chat, "too-long")).reason is FinishReason.LENGTH


async def test_the_body_that_leaves_is_the_one_that_was_prepared(
    chat: OpenAiChat, provider: ModelProvider
) -> None:
    outgoing = chat.prepare(asking("cites", PROMPT))
    async with aclosing(chat.stream(outgoing)) as events:
        async for _ in events:
            pass
    (sent,) = provider.requests()
    assert sent["body"].encode() == outgoing.body
    assert sent["sha256"] == hashlib.sha256(outgoing.body).hexdigest()
    assert sent["path"] == "/v1/chat/completions"
    assert sent["authorization"] == f"Bearer {KEY}"
    assert json.loads(sent["body"])["stream_options"] == {"include_usage": True}


async def test_without_a_wish_the_configured_model_answers(
    chat: OpenAiChat, provider: ModelProvider
) -> None:
    await told(chat, "")
    assert json.loads(provider.requests()[0]["body"])["model"] == chat.default_model == "cites"


@pytest.mark.parametrize(
    ("model", "kind", "written"),
    [
        ("error-in-stream", ModelBroken, ""),
        ("error-after-delta", ModelBroken, "half an ans"),
        ("empty", ModelBroken, ""),
        ("no-reason", ModelBroken, "half an ans"),
        ("bad-json", ModelBroken, ""),
        ("wrong-shape", ModelBroken, ""),
        ("not-text", ModelBroken, ""),
        ("html", ModelBroken, ""),
        ("cut-before", ModelBroken, ""),
        ("cut-after", ModelBroken, "half an ans"),
        ("no-answer", ModelUnavailable, ""),
        ("gzipped", ModelBroken, ""),
        ("down", ModelUnavailable, ""),
        ("busy", ModelBusy, ""),
        ("no-quota", ModelRefused, ""),
        ("forbidden", ModelRefused, ""),
        ("filtered", ModelRefused, ""),
        ("lost-in-thought", ModelRefused, ""),
        ("thinks", ModelRefused, ""),  # for it is not said to think
        ("redirect", ModelRefused, ""),
        ("unheard-of", ModelRefused, ""),
    ],
)
async def test_whatever_goes_wrong_has_a_name_and_none_of_the_providers_words(
    chat: OpenAiChat, model: str, kind: type[ModelFailed], written: str
) -> None:
    said, error = await failing(chat, model)
    assert (type(error), said) == (kind, written)
    assert "secret" not in str(error)
    assert error.__context__ is None or error.__suppress_context__


@pytest.mark.parametrize(("model", "seconds"), [("busy", 0.2), ("busy-until", 24 * 60 * 60)])
async def test_a_busy_provider_says_when_to_come_back(
    chat: OpenAiChat, model: str, seconds: float
) -> None:
    _, error = await failing(chat, model)
    assert error.retry_after.total_seconds() == seconds


async def test_what_a_model_may_think_comes_on_top_of_what_it_may_write(
    provider: ModelProvider,
) -> None:
    endpoint = Endpoint("openai", provider.base_url, KEY, "thinks", reasoning_tokens=2000)
    chat = OpenAiChat(endpoint, TIMEOUTS)
    events = await told(chat, "thinks", PROMPT)
    await chat.close()
    assert text_of(events) == CITED
    sent = json.loads(provider.requests()[0]["body"])
    assert sent["max_completion_tokens"] == asking("thinks").max_tokens + 2000


async def test_whoever_is_not_openai_is_told_the_limit_as_every_server_knows_it(
    provider: ModelProvider,
) -> None:
    endpoint = Endpoint("openai_compatible", provider.base_url, KEY, "knows-max-tokens")
    chat = OpenAiChat(endpoint, TIMEOUTS)
    events = await told(chat, "knows-max-tokens", PROMPT)
    await chat.close()
    assert text_of(events) == CITED
    sent = json.loads(provider.requests()[0]["body"])
    assert sent["max_tokens"] == asking("knows-max-tokens").max_tokens


@pytest.mark.parametrize(
    ("model", "wait", "written"),
    [
        ("silent", Wait.FIRST_TOKEN, ""),
        ("slow-first", Wait.FIRST_TOKEN, ""),
        ("stalls", Wait.IDLE, "half an ans"),
    ],
)
async def test_nobody_is_waited_for_for_ever(
    hasty: OpenAiChat, provider: ModelProvider, model: str, wait: Wait, written: str
) -> None:
    said, error = await failing(hasty, model)
    assert isinstance(error, ModelTimeout)
    assert (error.wait, said) == (wait, written)
    await asyncio.to_thread(until, lambda: provider.requests()[0]["closed"], 5)


async def test_an_answer_without_end_is_ended(hasty: OpenAiChat, provider: ModelProvider) -> None:
    said, error = await failing(hasty, "drips")
    assert isinstance(error, ModelTimeout)
    assert error.wait is Wait.TOTAL
    assert said.startswith("drip drip ")
    await asyncio.to_thread(until, lambda: provider.requests()[0]["closed"], 5)


async def test_who_is_slow_to_read_is_not_the_providers_fault(hasty: OpenAiChat) -> None:
    held = 0
    async with aclosing(hasty.stream(hasty.prepare(asking("cites", PROMPT)))) as events:
        async for event in events:
            if isinstance(event, Delta) and not held:
                held = 1
                await asyncio.to_thread(threading.Event().wait, 0.6)  # longer than `idle`
    assert isinstance(event, Finished)


@pytest.mark.parametrize("model", ["huge-line", "endless"])
async def test_an_answer_cannot_fill_the_memory(chat: OpenAiChat, model: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ModelBroken):
            async with aclosing(chat.stream(chat.prepare(asking(model)))) as events:
                async for _ in events:
                    pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * LINE


async def test_a_provider_that_is_not_there_cannot_be_reached() -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/v1"
    chat = OpenAiChat(Endpoint("openai", nowhere, KEY, "cites"), TIMEOUTS)
    _, error = await failing(chat, "cites")
    await chat.close()
    assert isinstance(error, ModelUnavailable)


async def test_characters_that_cannot_be_kept_do_not_come_through(chat: OpenAiChat) -> None:
    assert text_of(await told(chat, "unstorable")) == "ab?c"


async def test_to_stop_reading_closes_the_providers_stream_at_once(
    chat: OpenAiChat, provider: ModelProvider
) -> None:
    async with aclosing(chat.stream(chat.prepare(asking("stalls")))) as events:
        async for event in events:
            if isinstance(event, Delta):
                break
    await asyncio.to_thread(until, lambda: provider.requests()[0]["closed"], 2)


async def test_to_cancel_the_reader_closes_the_providers_stream_at_once(
    chat: OpenAiChat, provider: ModelProvider
) -> None:
    began = asyncio.Event()

    async def read() -> None:
        async with aclosing(chat.stream(chat.prepare(asking("stalls")))) as events:
            async for event in events:
                if isinstance(event, Delta):
                    began.set()

    reader = asyncio.create_task(read())
    await began.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    await asyncio.to_thread(until, lambda: provider.requests()[0]["closed"], 2)


async def test_the_key_is_in_no_log(
    chat: OpenAiChat, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        await told(chat, "cites", "my own words")
        for model in ("forbidden", "down", "cut-after"):
            await failing(chat, model)
    shown = caplog.text + "".join(capsys.readouterr())
    assert "model_failed" in shown
    assert KEY not in shown
    assert "my own words" not in shown
    assert "secret of the provider" not in shown
