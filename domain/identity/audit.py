"""What happened to accounts, by whom, as a chain of hashes: an entry that was changed, removed or
slipped in breaks every hash after it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

BEFORE_THE_FIRST = bytes(32)


class Outcome(StrEnum):
    SUCCESS = "success"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """`action` is a dotted verb, `session.reuse_detected` for instance. Ids only: no secret, no
    address, nothing that would have to be erased with the account."""

    id: UUID
    at: datetime
    action: str
    outcome: Outcome = Outcome.SUCCESS
    actor_id: UUID | None = None
    object_type: str | None = None
    object_id: UUID | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in its place: `number` counts from 1 without a gap, `hash` seals the chain so far."""

    number: int
    hash: bytes
    event: AuditEvent


def chained(previous: bytes, number: int, event: AuditEvent) -> bytes:
    """The hash of entry `number`, which holds the hash of the one before it."""
    fields = (
        number,
        event.id,
        event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        event.action,
        event.outcome,
        event.actor_id,
        event.object_type,
        event.object_id,
        event.request_id,
    )
    # A length before each field: two entries that differ never give the same bytes.
    texts = ["" if value is None else str(value) for value in fields]
    body = "".join(f"{len(text)}:{text}" for text in texts)
    return hashlib.sha256(previous + body.encode()).digest()


def first_broken(before: Entry | None, entries: Iterable[Entry]) -> Entry | None:
    """The first of `entries` that does not follow from the one before it."""
    number, hash = (before.number, before.hash) if before else (0, BEFORE_THE_FIRST)
    for entry in entries:
        number += 1
        if entry.number != number or entry.hash != chained(hash, number, entry.event):
            return entry
        hash = entry.hash
    return None
