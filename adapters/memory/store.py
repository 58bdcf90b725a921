import asyncio
from copy import deepcopy
from types import TracebackType
from typing import Any
from uuid import UUID

from adapters.topics import Topics

type Key = tuple[UUID, UUID]


class Store:
    """The tables of the in-memory world: `store.table(User)` maps (owner, id) to a value."""

    def __init__(self) -> None:
        self.tables: dict[type, dict[Key, Any]] = {}
        self.events: list[object] = []
        self.topics = Topics()
        self.turn = asyncio.Lock()

    def table[T](self, kind: type[T]) -> dict[Key, T]:
        return self.tables.setdefault(kind, {})


class MemoryTransaction:
    """REQUEST scope, like Database. One writer at a time, so a rollback touches nobody else."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._before: tuple[dict[type, dict[Key, Any]], list[object]] | None = None
        self._signalled: list[UUID] = []

    async def __aenter__(self) -> None:
        if self._before is not None:
            raise RuntimeError("a transaction is already open")
        await self._store.turn.acquire()
        self._before = deepcopy(self._store.tables), list(self._store.events)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is None:
            raise RuntimeError("no transaction is open")
        before, self._before = self._before, None
        if error is not None:
            self._store.tables, self._store.events = before
        self._store.turn.release()
        signalled, self._signalled = self._signalled, []
        for topic in signalled if error is None else ():
            self._store.topics.wake(topic)

    async def publish(self, event: object) -> None:
        if self._before is None:
            raise RuntimeError("a fact is published inside the transaction that makes it true")
        self._store.events.append(event)

    async def send(self, topic: UUID) -> None:
        if self._before is None:
            raise RuntimeError("a signal is sent inside the transaction that it tells of")
        self._signalled.append(topic)


class MemoryListener:
    def __init__(self, store: Store) -> None:
        self.listening = store.topics.listening
