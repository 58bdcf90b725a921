import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from application.shared.ports import Clock


class Recent[T]:
    """What `find` found not longer ago than `fresh`: it costs too much to be done for whoever asks."""

    def __init__(self, find: Callable[[], Awaitable[T]], clock: Clock, fresh: timedelta) -> None:
        self._find, self._clock, self._fresh = find, clock, fresh
        self._found: tuple[datetime, T] | None = None
        self._turn = asyncio.Lock()

    async def __call__(self) -> T:
        async with self._turn:
            now = self._clock.now()
            if self._found is None or now - self._found[0] >= self._fresh:
                self._found = now, await self._find()
            return self._found[1]
