import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID


class Topics:
    """Who listens in this process, by topic."""

    def __init__(self) -> None:
        self._events: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def listening(self, topic: UUID) -> Iterator[asyncio.Event]:
        event = asyncio.Event()
        self._events[topic].add(event)
        try:
            yield event
        finally:
            self._events[topic].discard(event)
            if not self._events[topic]:
                del self._events[topic]

    def wake(self, topic: UUID) -> None:
        for event in self._events.get(topic, ()):
            event.set()

    def wake_all(self) -> None:
        for topic in self._events:
            self.wake(topic)
