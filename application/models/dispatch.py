"""The one door to a model provider, for every context."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import TracebackType
from uuid import UUID

from application.analytics.exports import Feature, UsageEvent, UsageStatus
from application.identity.exports import ConsentPurpose
from application.models.egress import AllowEgress, Departure
from application.models.ports import ChatModel, ChatModels, Outgoing
from application.shared.ports import Clock
from domain.models.chat import (
    ChatEvent,
    ChatRequest,
    Delta,
    Finished,
    FinishReason,
    Started,
    Usage,
    estimated,
)
from domain.models.errors import ModelBusy, ModelFailed, ModelTimeout, NoModel
from domain.shared.ids import UserId

TRIES = 3  # of one provider
LONGEST_PAUSE = timedelta(seconds=20)  # who asks for a longer one is not waited for
_SHARES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked of a model, for whom and why. `sources` are the ids of whatever of the user's
    is in the messages, what earlier answers quoted included: with any, `purpose` needs a consent."""

    attempt_id: UUID
    user_id: UserId
    feature: Feature
    purpose: ConsentPurpose
    request: ChatRequest
    sources: tuple[UUID, ...] = ()
    conversation_id: UUID | None = None
    message_id: UUID | None = None
    execution_id: UUID | None = None
    queue_ms: int = 0


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Sends an order to the first provider that answers. What leaves this machine is allowed and
    written down before it leaves, in a transaction of its own: so never call it inside one.

    async with dispatch(order) as call:
        async for event in call:
            ...
    await meter.settle(call.usage())
    """

    models: ChatModels
    egress: AllowEgress
    clock: Clock

    def __call__(self, order: Order) -> "Call":
        """Raises ModelNotAllowed, NoModel."""
        self.models.check(order.request.model)
        if not self.models.providers:
            raise NoModel("no model provider is configured")
        return Call(self, order, self.clock.now())

    async def allow(self, order: Order, model: ChatModel, outgoing: Outgoing) -> None:
        """Asked before every request. Raises ConsentRequired."""
        await self.egress(
            Departure(
                user_id=order.user_id,
                attempt_id=order.attempt_id,
                provider=model.provider,
                model=outgoing.model,
                purpose=order.purpose,
                object_ids=order.sources,
                body=outgoing.body,
            )
        )


class Call:
    """An order on its way, as its provider streams it. Leaving the block ends it, at the provider
    too, and `usage` tells what it took however it ended; `reason` is why the model stopped, once it
    has. Raises ModelFailed, ConsentRequired."""

    def __init__(self, dispatch: Dispatch, order: Order, at: datetime) -> None:
        self._dispatch, self._order, self._at = dispatch, order, at
        self._began = time.monotonic()
        self._took = 0
        self._first: int | None = None
        self._tries: list[_Try] = []
        self._status = UsageStatus.CANCELLED
        self.reason: FinishReason | None = None
        self._events = self._run()

    async def __aenter__(self) -> "Call":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._events.aclose()
        self._took = self._took or self._passed()

    def __aiter__(self) -> AsyncIterator[ChatEvent]:
        return self._events

    def usage(self) -> UsageEvent:
        """Of the last provider that took the order, all its tries. Nothing was used by an order that
        nobody took."""
        order, last = self._order, self._last()
        tries = [one for one in self._tries if one.provider == last.provider]
        used = sum((one.took(order.request) for one in tries), Usage())
        return UsageEvent(
            id=order.attempt_id,
            user_id=order.user_id,
            feature=order.feature,
            provider=last.provider,
            model_asked=last.asked,
            model_used=last.model,
            status=self._status,
            started_at=self._at,
            total_ms=self._took or self._passed(),
            queue_ms=order.queue_ms,
            first_token_ms=self._first,
            conversation_id=order.conversation_id,
            message_id=order.message_id,
            execution_id=order.execution_id,
            input_tokens=used.input_tokens,
            cached_input_tokens=used.cached_input_tokens,
            output_tokens=used.output_tokens,
            reasoning_tokens=used.reasoning_tokens,
            tokens_source=used.source,
        )

    async def _run(self) -> AsyncGenerator[ChatEvent, None]:
        request, failure = self._order.request, None
        for model in self._dispatch.models.providers:
            outgoing = model.prepare(request)
            for tries in range(1, TRIES + 1):
                try:
                    async with aclosing(self._try(model, outgoing)) as events:
                        async for event in events:
                            yield event
                    return
                except ModelFailed as error:
                    failure, self._status = error, _status(error)
                    if self._tries[-1].written:  # it cannot be said again from the start
                        raise
                    if not await self._is_worth_another(tries, error):
                        break
            request = replace(request, model=None)  # which means nothing to another provider
        if failure is not None:
            raise failure

    async def _try(self, model: ChatModel, outgoing: Outgoing) -> AsyncGenerator[ChatEvent, None]:
        self._status = UsageStatus.CANCELLED  # until it has ended
        self._tries.append(_Try(model.provider, outgoing.model, outgoing.model))
        await self._dispatch.allow(self._order, model, outgoing)
        async with aclosing(model.stream(outgoing)) as events:
            async for event in events:
                self._note(event)
                yield event

    def _note(self, event: ChatEvent) -> None:
        self._tries[-1].note(event)
        match event:
            case Delta():
                self._first = self._passed() if self._first is None else self._first
            case Finished():
                self._status, self.reason = UsageStatus.OK, event.reason

    async def _is_worth_another(self, tries: int, error: ModelFailed) -> bool:
        """Once as much time has passed as the provider asked for."""
        pause = pause_after(tries, error, self._dispatch.models.backoff, self._order.attempt_id)
        if not error.again or tries == TRIES or pause > LONGEST_PAUSE:
            return False
        await asyncio.sleep(pause.total_seconds())
        return True

    def _last(self) -> "_Try":
        """The last that a provider took, or else the first."""
        first = self._dispatch.models.providers[0]
        asked = self._order.request.model or first.default_model
        taken = (one for one in reversed(self._tries) if one.taken)
        return next(taken, _Try(first.provider, asked, asked))

    def _passed(self) -> int:
        return round((time.monotonic() - self._began) * 1000)


@dataclass(slots=True)
class _Try:
    """One request to a provider: the model that was `asked`, and what has come of it."""

    provider: str
    asked: str
    model: str
    taken: bool = False
    written: int = 0
    told: Usage | None = None

    def note(self, event: ChatEvent) -> None:
        match event:
            case Started():
                self.taken = True
            case Delta(text):
                self.written += len(text)
            case Usage():
                self.told = event
            case Finished():
                self.model = event.model

    def took(self, request: ChatRequest) -> Usage:
        """As the provider told it; if it did not, its prompt will be on the bill all the same."""
        return self.told or (estimated(request, self.written) if self.taken else Usage())


def pause_after(tries: int, error: ModelFailed, backoff: timedelta, attempt_id: UUID) -> timedelta:
    """Twice as long after each try, and for each attempt another: those that were turned away
    together would come back together. Ids end in chance."""
    share = attempt_id.int % _SHARES / _SHARES
    pause = backoff * (1 << tries - 1) * (1 + share) / 2
    return pause + error.retry_after if isinstance(error, ModelBusy) else pause


def _status(error: ModelFailed) -> UsageStatus:
    return UsageStatus.TIMEOUT if isinstance(error, ModelTimeout) else UsageStatus.ERROR
