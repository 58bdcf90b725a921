from adapters.memory.store import Store
from application.identity.views import (
    AuditFilter,
    AuditPage,
    AuditPageRequest,
    audit_entry_view,
)
from domain.identity.audit import BEFORE_THE_FIRST, AuditEvent, Entry, chained


class MemoryAuditLog:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, event: AuditEvent) -> None:
        entries = self._store.table(Entry)
        last = max(entries.values(), key=lambda entry: entry.number, default=None)
        number, previous = (last.number + 1, last.hash) if last else (1, BEFORE_THE_FIRST)
        hash = chained(previous, number, event)
        entries[event.id, event.id] = Entry(number, hash, event)


class MemoryAuditReader:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def page(self, wanted: AuditFilter, request: AuditPageRequest) -> AuditPage:
        before = request.before or 2**63
        entries = sorted(self._store.table(Entry).values(), key=lambda entry: -entry.number)
        found = [e for e in entries if e.number < before and _matches(e.event, wanted)]
        views = [audit_entry_view(entry) for entry in found[: request.size + 1]]
        return AuditPage.cut(views, request.size)

    async def entries(self, after: int, limit: int) -> list[Entry]:
        entries = sorted(self._store.table(Entry).values(), key=lambda entry: entry.number)
        return [entry for entry in entries if entry.number > after][:limit]


def _matches(event: AuditEvent, wanted: AuditFilter) -> bool:
    same = ("actor_id", "action", "outcome", "object_id")
    return (
        all(getattr(wanted, name) in (None, getattr(event, name)) for name in same)
        and (wanted.since is None or event.at >= wanted.since)
        and (wanted.until is None or event.at < wanted.until)
    )
