"""Keeping what a model writes, as it comes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from application.conversations.batching import batched
from application.conversations.passages import passages
from application.conversations.ports import MessageEvents, Messages
from application.knowledge.exports import Hit
from application.models.exports import Call
from application.shared.ports import Clock, Transaction
from domain.conversations.message import Message, MessageStatus
from domain.shared.errors import NotFound, Unavailable

PAUSE = 0.04  # seconds whose text is one event
PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)  # seconds for the database to come back


class EndedMeanwhile(Exception):
    """The answer was stopped, or deleted."""


class Taken(Exception):
    """Another worker writes this answer, and ends it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer, who writes it, and the passages that it may cite."""

    answer: Message
    call: Call
    given: Sequence[Hit]


@dataclass(frozen=True, slots=True)
class KeepText:
    """Adds what is written to its answer every 40 ms, and returns all of it. Raises EndedMeanwhile,
    Taken, and what the call raises."""

    messages: Messages
    events: MessageEvents
    clock: Clock
    transaction: Transaction

    async def __call__(self, draft: Draft) -> str:
        text = ""
        async with aclosing(batched(draft.call, PAUSE)) as pieces:
            async for piece in pieces:
                before, text = text, text + piece
                await self._keep_patiently(draft, before, text)
        return text

    async def _keep_patiently(self, draft: Draft, before: str, text: str) -> None:
        """What `text` has beyond `before`, once: a try that failed may have kept it."""
        answer, tried = draft.answer, False

        async def keep() -> None:
            nonlocal tried
            if not tried or await self.events.text(answer.user_id, answer.id) != text:
                tried = True
                await self._keep(draft, before, text)

        await patiently(keep)

    async def _keep(self, draft: Draft, before: str, text: str) -> None:
        if before:
            await self._add(draft.answer, text[len(before) :])
            return
        async with self.transaction:
            await self._begin(draft)
            await self._add(draft.answer, text)

    async def _begin(self, draft: Draft) -> None:
        answer = await require_pending(self.messages, draft.answer)
        usage = draft.call.usage()
        answer.begin(usage.provider, usage.model_used, passages(draft.given))
        await self.messages.save(answer)

    async def _add(self, answer: Message, piece: str) -> None:
        if not await self.events.write(answer.user_id, answer.id, piece, self.clock.now()):
            raise EndedMeanwhile


async def require_pending(messages: Messages, made: Message) -> Message:
    """The answer, locked, if nobody has begun to write it: of two workers, it is the first one's.
    Raises EndedMeanwhile, Taken."""
    try:
        answer = await messages.get(made.user_id, made.id)
    except NotFound:
        raise EndedMeanwhile from None
    if answer.status is MessageStatus.STREAMING:
        raise Taken
    if answer.status is not MessageStatus.PENDING:
        raise EndedMeanwhile
    return answer


async def patiently[T](act: Callable[[], Awaitable[T]]) -> T:
    """A database that is away, or too busy, for a moment costs no answer."""
    for pause in PAUSES:
        try:
            return await act()
        except Unavailable:
            await asyncio.sleep(pause)
    return await act()
