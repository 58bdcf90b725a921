from dataclasses import dataclass

from adapters.memory.store import Store
from domain.identity.audit import BEFORE_THE_FIRST, AuditEvent, chained


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in its place."""

    number: int
    hash: bytes
    event: AuditEvent


class MemoryAuditLog:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, event: AuditEvent) -> None:
        entries = self._store.table(Entry)
        last = max(entries.values(), key=lambda entry: entry.number, default=None)
        number, previous = (last.number + 1, last.hash) if last else (1, BEFORE_THE_FIRST)
        hash = chained(previous, number, event)
        entries[event.id, event.id] = Entry(number, hash, event)
