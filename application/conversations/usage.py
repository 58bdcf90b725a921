"""What is told of answers that no model has written, or that nobody has ended."""

from dataclasses import replace
from datetime import datetime

from application.analytics.exports import (
    EXTRACTIVE,
    LOCAL,
    Feature,
    TokensSource,
    UsageEvent,
    UsageStatus,
)
from domain.conversations.conversation import Origin
from domain.conversations.message import Message

_CHARACTERS = 4  # of a token


def quoted(answer: Message, origin: Origin, at: datetime, ms: int) -> UsageEvent:
    """An answer that is made here since `at`, and took `ms`."""
    event = _event(answer, origin, UsageStatus.OK, at)
    waited = max(0, _ms(answer.created_at, at))
    return replace(event, queue_ms=waited, total_ms=ms, first_token_ms=ms)


def lost(answer: Message, origin: Origin, status: UsageStatus, at: datetime) -> UsageEvent:
    """An attempt whose worker is gone: what it wrote is estimated, what it read nobody knows."""
    event = _event(answer, origin, status, answer.created_at)
    event = replace(event, total_ms=max(0, _ms(answer.created_at, at)))
    if answer.provider is None or answer.model_used is None:
        return event
    return replace(
        event,
        provider=answer.provider,
        model_used=answer.model_used,
        output_tokens=len(answer.content) // _CHARACTERS,
        tokens_source=TokensSource.ESTIMATED,
    )


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
