"""What is told of answers that no model has written, or that nobody has ended."""

from dataclasses import dataclass, replace
from datetime import datetime

from application.analytics.exports import (
    EXTRACTIVE,
    LOCAL,
    Feature,
    Meter,
    TokensSource,
    UsageEvent,
    UsageStatus,
)
from application.models.exports import CHARACTERS, EgressLedger
from application.shared.ports import Clock, Transaction
from domain.conversations.conversation import MessageId, Origin
from domain.conversations.message import Message
from domain.shared.ids import UserId


def quoted(answer: Message, origin: Origin, at: datetime, ms: int) -> UsageEvent:
    """An answer that is made here since `at`, and took `ms`."""
    event = _event(answer, origin, UsageStatus.OK, at)
    waited = max(0, _ms(answer.created_at, at))
    return replace(event, queue_ms=waited, total_ms=ms, first_token_ms=ms)


@dataclass(frozen=True, slots=True)
class LostAttempts:
    """Attempts whose workers are gone. What was sent last stands in the ledger and what was written
    with the answer, so their tokens are estimated; what nothing was sent for, was made here."""

    ledger: EgressLedger
    meter: Meter
    clock: Clock
    transaction: Transaction

    async def of(self, answer: Message, origin: Origin, status: UsageStatus) -> UsageEvent:
        event = _event(answer, origin, status, answer.created_at)
        event = replace(event, total_ms=max(0, _ms(answer.created_at, self.clock.now())))
        sent = await self.ledger.of_attempt(answer.user_id, answer.id)
        if not sent:
            return event
        return replace(
            event,
            provider=sent[-1].provider,
            model_asked=sent[-1].model,
            model_used=answer.model_used or sent[-1].model,
            input_tokens=sent[-1].bytes // CHARACTERS,
            output_tokens=len(answer.content) // CHARACTERS,
            tokens_source=TokensSource.ESTIMATED,
        )

    async def settle(self, answer: Message, origin: Origin) -> None:
        """Of an answer that was stopped before anybody wrote it; of what was charged before, nothing
        changes."""
        usage = await self.of(answer, origin, UsageStatus.CANCELLED)
        async with self.transaction:
            await self.meter.settle(usage)

    async def cancel(self, owner: UserId, answer_id: MessageId) -> None:
        """Of an answer that was deleted before anybody made it."""
        async with self.transaction:
            await self.meter.cancel(owner, answer_id)


def _event(answer: Message, origin: Origin, status: UsageStatus, at: datetime) -> UsageEvent:
    return UsageEvent(
        id=answer.id,
        user_id=answer.user_id,
        feature=Feature(origin),
        provider=LOCAL,
        model_asked=answer.model or EXTRACTIVE,
        model_used=EXTRACTIVE,
        status=status,
        started_at=at,
        total_ms=0,
        conversation_id=answer.conversation_id,
        message_id=answer.id,
    )


def _ms(since: datetime, until: datetime) -> int:
    return round((until - since).total_seconds() * 1000)
