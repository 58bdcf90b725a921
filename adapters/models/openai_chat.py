"""Chat completions of any provider that speaks OpenAI's protocol, by OpenAI's own client.

Importing it takes a second, so only who is configured with a provider imports this module.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import msgspec
import openai
import structlog

from adapters.models.bounded import TooMuch, bounded
from adapters.models.retry_after import retry_after
from application.models.ports import Outgoing
from domain.models.chat import (
    ChatEvent,
    ChatRequest,
    Delta,
    Finished,
    FinishReason,
    Started,
    Usage,
)
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

# As JSON: to make a model of each chunk costs the client as much as all that we do with it.
type Chunks = openai.AsyncStream[Any]

_NO_KEY = "none"  # servers on one's own machine ask for none, and the client insists on one
_EVENTS = "text/event-stream"
_LONGEST = 200_000  # characters: far more than any model writes at once
_LONGEST_NAME = 100  # of a model
_OVERLOADED = (408, 409, 425)
# OpenAI's models that think refuse `max_tokens`; other servers overlook what they do not know, which
# would leave an answer without a limit.
_LIMITS = {"openai": "max_completion_tokens"}
# What it means that a model has stopped before it wrote anything.
_NOTHING = {
    "content_filter": "the model provider would not answer this",
    "length": "the model thought for so long that no room was left for an answer",
}
# What reading a chunk that is no chunk raises: it is whatever JSON has come.
_NO_CHUNK = (AttributeError, IndexError, KeyError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a provider is, which model answers unless another is asked for, and what its models may
    think before they write: those that do take no temperature."""

    provider: str
    base_url: str
    api_key: str | None
    model: str
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: until there is a connection, until the first word, between words, and in all."""

    connect: float = 5.0
    first_token: float = 60.0
    idle: float = 30.0
    total: float = 300.0


class OpenAiChat:
    """One provider. Holds its connections until `close`."""

    def __init__(self, endpoint: Endpoint, timeouts: Timeouts) -> None:
        self._endpoint, self._timeouts = endpoint, timeouts
        self._client = openai.AsyncOpenAI(
            base_url=endpoint.base_url,
            api_key=endpoint.api_key or _NO_KEY,
            max_retries=0,
            http_client=httpx2.AsyncClient(
                timeout=httpx2.Timeout(timeouts.total, connect=timeouts.connect),
                limits=httpx2.Limits(max_connections=None, max_keepalive_connections=20),
                headers={"accept-encoding": "identity"},
                event_hooks={"response": [bounded]},
                follow_redirects=False,  # the ledger says where everything goes
            ),
        )

    @property
    def provider(self) -> str:
        return self._endpoint.provider

    @property
    def default_model(self) -> str:
        return self._endpoint.model

    @property
    def reasoning_tokens(self) -> int:
        return self._endpoint.reasoning_tokens

    def prepare(self, request: ChatRequest) -> Outgoing:
        model, thinking = request.model or self.default_model, self.reasoning_tokens
        body = {
            "model": model,
            "messages": request.messages,
            _LIMITS.get(self.provider, "max_tokens"): request.max_tokens + thinking,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if not thinking:
            body["temperature"] = request.temperature
        return Outgoing(request, model, msgspec.json.encode(body))

    async def stream(self, outgoing: Outgoing) -> AsyncGenerator[ChatEvent, None]:
        reading = _Reading(self._endpoint.provider, outgoing, self._timeouts)
        chunks: Chunks | None = None
        try:
            chunks = await reading.within(self._open(outgoing.body))
            yield reading.started(chunks.response.headers.get("content-type", ""))
            while (chunk := await reading.within(anext(chunks, None))) is not None:
                for event in reading.events(chunk):
                    yield event
            yield reading.finished()
        except (openai.OpenAIError, TooMuch, *_NO_CHUNK) as error:
            raise reading.failure(error) from None  # its text may repeat what was asked
        finally:
            if chunks is not None:
                await chunks.close()

    async def close(self) -> None:
        await self._client.close()

    async def _open(self, body: bytes) -> Chunks:
        """The body is made here, and not by the client, so that the ledger's hash is its hash."""
        return await self._client.post(
            "/chat/completions",
            cast_to=object,
            content=body,
            stream=True,
            stream_cls=openai.AsyncStream[Any],
        )


class _Reading:
    """What is known of one answer so far, and how long it may still take."""

    def __init__(self, provider: str, outgoing: Outgoing, timeouts: Timeouts) -> None:
        self._provider, self._outgoing, self._timeouts = provider, outgoing, timeouts
        self._model = outgoing.model
        self._began = time.monotonic()
        self._first: float | None = None
        self._written = 0
        self._reason: str | None = None
        self._opened = False

    async def within[T](self, step: Awaitable[T]) -> T:
        """The step's result, unless it takes too long. Raises ModelTimeout."""
        wait, left = self._patience()
        try:
            async with asyncio.timeout(left):
                return await step
        except TimeoutError:
            self._log(wait)
            raise ModelTimeout(wait) from None

    def started(self, content_type: str) -> Started:
        self._opened = True
        if not content_type.startswith(_EVENTS):
            raise ValueError(content_type)
        return Started(self._provider, self._model)

    def events(self, chunk: Any) -> Iterator[ChatEvent]:
        """What a chunk brings."""
        self._model = _storable(chunk.get("model") or self._model)[:_LONGEST_NAME]
        if (told := chunk.get("usage")) and (usage := _usage(told)):
            yield usage
        if (choices := chunk.get("choices")) and (text := self._text(choices[0])):
            yield Delta(text)

    def _text(self, choice: Any) -> str:
        self._reason = choice.get("finish_reason") or self._reason
        if text := _storable((choice.get("delta") or {}).get("content") or ""):
            self._first = self._first or time.monotonic()
            self._written += len(text)
            if self._written > _LONGEST:
                raise TooMuch
        return text

    def finished(self) -> Finished:
        """An answer is whole when the model has said why it stopped; `[DONE]` may be missing."""
        if not self._written and self._reason in _NOTHING:
            self._log(self._reason)
            raise ModelRefused(_NOTHING[self._reason])
        if self._reason is None or self._first is None:
            raise ValueError("no reason" if self._reason is None else "no text")
        known = self._reason in FinishReason
        return Finished(
            reason=FinishReason(self._reason) if known else FinishReason.OTHER,
            provider=self._provider,
            model=self._model,
            first_token_ms=self._since(self._first),
            total_ms=self._since(time.monotonic()),
        )

    def failure(self, error: Exception) -> ModelFailed:
        status = error.status_code if isinstance(error, openai.APIStatusError) else None
        self._log(type(error).__name__, status)
        if isinstance(error, openai.APITimeoutError):
            return ModelTimeout(Wait.IDLE if self._opened else Wait.CONNECT)
        if isinstance(error, openai.APIStatusError):
            return _refusal(error)
        if isinstance(error, openai.APIConnectionError) and not self._opened:
            return ModelUnavailable("the model provider cannot be reached")
        return ModelBroken("the model provider's answer broke off or makes no sense")

    def _patience(self) -> tuple[Wait, float]:
        """What is waited for now, and for how many seconds at most."""
        passed, limits = time.monotonic() - self._began, self._timeouts
        if self._first is None:
            step = Wait.FIRST_TOKEN, limits.first_token - passed
        else:
            step = Wait.IDLE, limits.idle
        left = limits.total - passed
        return step if step[1] < left else (Wait.TOTAL, left)

    def _since(self, moment: float) -> int:
        return round((moment - self._began) * 1000)

    def _log(self, reason: str, status: int | None = None) -> None:
        structlog.get_logger().warning(
            "model_failed",
            provider=self._provider,
            model=self._model,
            reason=reason,
            status=status,
            written=self._written,
        )


def _storable(text: str) -> str:
    """Without half characters and NULs, which no database takes."""
    return text.encode(errors="replace").decode().replace("\0", "")


def _refusal(error: openai.APIStatusError) -> ModelFailed:
    status = error.status_code
    if status == 429 and error.code != "insufficient_quota":
        asked = retry_after(error.response.headers.get("retry-after", ""), datetime.now(UTC))
        return ModelBusy("the model provider is busy", asked)
    if status >= 500 or status in _OVERLOADED:
        return ModelUnavailable("the model provider cannot answer now")
    return ModelRefused("the model provider did not take the request")


def _usage(told: Any) -> Usage | None:
    """None for numbers that cannot be. Some count what the model thought only in the total."""
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    prompt, completion, total = (_count(told.get(name)) for name in names)
    if not prompt or completion is None:
        return None
    cached = min(prompt, _detail(told.get("prompt_tokens_details"), "cached_tokens"))
    thought = min(completion, _detail(told.get("completion_tokens_details"), "reasoning_tokens"))
    return Usage(
        input_tokens=prompt - cached,
        cached_input_tokens=cached,
        output_tokens=completion - thought,
        reasoning_tokens=thought + max(0, (total or 0) - prompt - completion),
        source=TokensSource.PROVIDER,
    )


def _detail(details: Any, name: str) -> int:
    return _count(details.get(name)) or 0 if isinstance(details, dict) else 0


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None
