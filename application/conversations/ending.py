from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from msgspec import to_builtins

from application.analytics.exports import Meter, UsageEvent
from application.conversations.ports import MessageEvents, Messages
from application.conversations.views import citation_view, message_view, usage_of
from application.models.exports import check_citations
from application.shared.ports import Clock, Ids, Outbox, Transaction
from domain.conversations.events import AnswerDue
from domain.conversations.message import Message, MessageStatus
from domain.conversations.stream import EventType, Happened
from domain.shared.errors import NotFound
from domain.shared.span import Span

LAST = {
    MessageStatus.COMPLETE: EventType.COMPLETED,
    MessageStatus.STOPPED: EventType.STOPPED,
    MessageStatus.FAILED: EventType.FAILED,
}

type End = Callable[[Message, datetime], None]


@dataclass(frozen=True, slots=True)
class Ending:
    """How answers end, whoever ends them: with the last events, and with the answers that waited
    for this one set going. What comes after an end finds nothing to end."""

    messages: Messages
    events: MessageEvents
    clock: Clock
    ids: Ids
    outbox: Outbox

    async def end(self, answer: Message, end: End, *before: Happened) -> None:
        """Inside a transaction that has locked the answer, which has not ended."""
        was_streaming = answer.status is MessageStatus.STREAMING
        if was_streaming:
            answer.content = await self.events.text(answer.user_id, answer.id)
        now = self.clock.now()
        end(answer, now)
        if was_streaming and answer.status is not MessageStatus.COMPLETE:
            _cite(answer)
        await self.messages.save(answer)
        happened = [*before, *_told(answer)]
        await self.events.append(answer.user_id, answer.id, happened, now)
        for waiting in await self.messages.waiting(answer.user_id, answer.id):
            await self.outbox.publish(AnswerDue(self.ids.next(), answer.user_id, waiting))


@dataclass(frozen=True, slots=True)
class Ended:
    """The answer as it is kept, None when it was deleted, what it took, and what that cost: None
    when nobody knows."""

    answer: Message | None
    usage: UsageEvent
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class EndAttempt:
    """Whoever made an answer ends it, and has it charged, in one transaction. If somebody else has
    ended it, only what it took is noted."""

    ending: Ending
    meter: Meter
    transaction: Transaction

    async def __call__(self, made: Message, end: End, usage: UsageEvent, *told: Happened) -> Ended:
        async with self.transaction:
            answer = await self._found(made)
            if answer is not None:
                _note(answer, usage)
                await self._end(answer, end, *told)
            cost = await self.meter.settle(usage)
        return Ended(answer, usage, cost)

    async def _found(self, answer: Message) -> Message | None:
        try:
            return await self.ending.messages.get(answer.user_id, answer.id)
        except NotFound:  # deleted meanwhile
            return None

    async def _end(self, answer: Message, end: End, *told: Happened) -> None:
        if answer.status.terminal:
            await self.ending.messages.save(answer)
        else:
            await self.ending.end(answer, end, *told)


def interrupted(answer: Message, at: datetime) -> None:
    detail = "making the answer was interrupted: regenerate it to have it whole"
    answer.fail("interrupted", detail, at)


def _note(answer: Message, usage: UsageEvent) -> None:
    """Once: what another attempt at it took is not what this content took."""
    if answer.prompt_tokens or answer.completion_tokens:
        return
    answer.prompt_tokens = usage.prompt_tokens
    answer.completion_tokens = usage.completion_tokens


def _cite(answer: Message) -> None:
    """What was cut short may be so within a quotation: each of its markers cites a whole passage."""
    sources = answer.citations
    if not sources:
        return
    found = check_citations(answer.content, [source.quote for source in sources])
    places: dict[int, list[Span]] = {}
    for one in found.citations:
        places.setdefault(one.marker, []).extend(one.places)
    citations = [
        replace(sources[marker - 1], places=tuple(dict.fromkeys(stand)))
        for marker, stand in places.items()
    ]
    answer.write(found.text, citations, found.unknown, list(found.unsupported))


def _told(answer: Message) -> list[Happened]:
    """The last events of an answer: what it cites, what it took, and all of it."""
    view = message_view(answer)
    cited = [Happened(EventType.CITED, to_builtins(citation_view(c))) for c in answer.citations]
    used = Happened(EventType.USAGE, to_builtins(usage_of(view)))
    return [*cited, used, Happened(LAST[answer.status], to_builtins(view))]
