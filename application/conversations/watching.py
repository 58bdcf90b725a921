"""Watching an answer being made."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from msgspec import to_builtins

from application.conversations.ending import LAST
from application.conversations.ports import MessageEvents, Messages
from application.conversations.views import MessageView, message_view
from application.shared.actor import Actor, Scope
from application.shared.ports import Clock, Listener
from domain.conversations.conversation import MessageId
from domain.conversations.stream import MessageEvent

POLL = timedelta(seconds=15)  # a signal may be lost


@dataclass(frozen=True, slots=True)
class WatchAnswer:
    """What has happened to an answer after event `after`, and then what happens, to its end. Once
    any of that is forgotten, only the end, which has everything, as number 0. Raises NotFound,
    NotAnAnswer."""

    messages: Messages
    events: MessageEvents
    listener: Listener

    async def __call__(
        self, actor: Actor, message_id: MessageId, after: int = 0
    ) -> AsyncGenerator[MessageEvent]:
        actor.require(Scope.CHAT)
        answer = await self.messages.read(actor.user_id, message_id)
        answer.check_answer()
        with self.listener.listening(message_id) as changed:
            while True:
                changed.clear()
                told = await self.events.after(actor.user_id, message_id, after)
                if told and told[0].seq > after + 1:  # those between are forgotten
                    told = [replace(one, seq=0) for one in told if one.type.terminal]
                for event in told:
                    yield event
                    if event.type.terminal:
                        return
                    after = event.seq
                if answer.status.terminal:
                    break
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL.total_seconds()):
                        await changed.wait()
                        continue
                answer = await self.messages.read(actor.user_id, message_id)
        if not await self.events.after(actor.user_id, message_id, after - 1):  # not seen to its end
            yield MessageEvent(0, LAST[answer.status], to_builtins(message_view(answer)))


@dataclass(frozen=True, slots=True)
class AwaitAnswer:
    """An answer when it has ended, or, after `patience` seconds, as far as it is made. Raises
    NotFound, NotAnAnswer."""

    watch: WatchAnswer
    messages: Messages

    async def __call__(self, actor: Actor, message_id: MessageId, patience: float) -> MessageView:
        with suppress(TimeoutError):
            async with asyncio.timeout(patience), aclosing(self.watch(actor, message_id)) as events:
                async for _ in events:
                    pass
        return message_view(await self.messages.read(actor.user_id, message_id))


@dataclass(frozen=True, slots=True)
class ForgetEvents:
    """Run by a schedule: forget what answers told while they were made, a day later."""

    events: MessageEvents
    clock: Clock

    async def __call__(self) -> int:
        """How many there were."""
        return await self.events.purge(self.clock.now())
