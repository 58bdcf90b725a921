"""The one door to a model provider, for every context."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from uuid import UUID

from application.analytics.exports import Feature, UsageEvent, UsageStatus
from application.identity.exports import ConsentPurpose
from application.models.egress import AllowEgress, Departure
from application.models.ports import ChatModel, ChatModels, Outgoing
from application.shared.ports import Clock
from domain.models.chat import ChatEvent, ChatRequest, Delta, Finished, Started, Usage, estimated
from domain.models.errors import ModelBusy, ModelFailed, ModelTimeout, NoModel
from domain.shared.ids import UserId

TRIES = 3  # of one provider
LONGEST_PAUSE = 20.0  # seconds: who asks for a longer one is not waited for


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
    """An order on its way: Started, Deltas, Finished. Leaving the block ends it, at the provider
    too, and `usage` tells what it took however it ended. Raises ModelFailed, ConsentRequired."""

    def __init__(self, dispatch: Dispatch, order: Order, at: datetime) -> None:
        self._dispatch, self._order, self._at = dispatch, order, at
        self._began = time.monotonic()
        self._took = 0
        self._first: int | None = None
        self._written = 0
        self._started: Started | None = None
        self._finished: Finished | None = None
        self._status = UsageStatus.CANCELLED
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
        """Of the last try. Nothing was used by an order that nobody took."""
        order, used, first = self._order, self._used(), self._dispatch.models.providers[0]
        asked = order.request.model or first.default_model
        reached = self._finished or self._started or Started(first.provider, asked)
        return UsageEvent(
            id=order.attempt_id,
            user_id=order.user_id,
            feature=order.feature,
            provider=reached.provider,
            model_asked=asked,
            model_used=reached.model,
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
                    if self._written:  # it cannot be said again from the start
                        raise
                    if not await self._is_worth_another(tries, error):
                        break
            request = replace(request, model=None)  # which means nothing to another provider
        if failure is not None:
            raise failure

    async def _try(self, model: ChatModel, outgoing: Outgoing) -> AsyncGenerator[ChatEvent, None]:
        self._status, self._started = UsageStatus.CANCELLED, None  # until it has ended
        await self._dispatch.allow(self._order, model, outgoing)
        async with aclosing(model.stream(outgoing)) as events:
            async for event in events:
                self._note(event)
                yield event

    def _note(self, event: ChatEvent) -> None:
        match event:
            case Started():
                self._started = event
            case Delta(text):
                self._first = self._passed() if self._first is None else self._first
                self._written += len(text)
            case Finished():
                self._finished, self._status = event, UsageStatus.OK

    async def _is_worth_another(self, tries: int, error: ModelFailed) -> bool:
        """Once as much time has passed as the provider asked for."""
        pause = self._dispatch.models.backoff.total_seconds() * 2 ** (tries - 1)
        if isinstance(error, ModelBusy):
            pause = max(pause, error.retry_after.total_seconds())
        if not error.again or tries == TRIES or pause > LONGEST_PAUSE:
            return False
        await asyncio.sleep(pause)
        return True

    def _used(self) -> Usage:
        if self._finished is not None:
            return self._finished.usage
        return estimated(self._order.request, self._written) if self._started else Usage()

    def _passed(self) -> int:
        return round((time.monotonic() - self._began) * 1000)


def _status(error: ModelFailed) -> UsageStatus:
    return UsageStatus.TIMEOUT if isinstance(error, ModelTimeout) else UsageStatus.ERROR
