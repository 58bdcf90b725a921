"""What happens to an answer, step by step, for those who watch it being made."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

KEPT = timedelta(hours=24)  # what is told, for those who come late


class EventType(StrEnum):
    CREATED = "message.created"
    RETRIEVED = "retrieval.completed"
    DELTA = "text.delta"
    CITED = "citation.added"
    USAGE = "usage"
    COMPLETED = "message.completed"
    STOPPED = "message.stopped"
    FAILED = "message.failed"

    @property
    def terminal(self) -> bool:
        return self in (EventType.COMPLETED, EventType.STOPPED, EventType.FAILED)


@dataclass(frozen=True, slots=True)
class Happened:
    """`data` is JSON-able."""

    type: EventType
    data: Any


@dataclass(frozen=True, slots=True)
class MessageEvent:
    """The events of a message are numbered from 1, without a gap."""

    seq: int
    type: EventType
    data: Any
