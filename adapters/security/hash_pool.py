import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

from domain.shared.errors import Unavailable

_LATELY = 0.2  # how much the newest duration says of the next one
_RETRY_AFTER = timedelta(seconds=2)


class HashPool:
    """Threads for what costs much time and memory, and the queue before them: a flood waits here,
    for at most `patience`, and nowhere else. Who would wait longer is refused at once, so the queue
    is bounded, and an overload is answered quickly. `usual` is how many seconds one piece of work
    takes, until there is experience."""

    def __init__(self, threads: int, patience: timedelta, usual: float) -> None:
        self._threads, self._patience, self._usual = threads, patience.total_seconds(), usual
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="hashing")
        self._free = asyncio.Semaphore(threads)
        self._waiting = 0

    async def run[*Args, T](self, work: Callable[[*Args], T], *args: *Args) -> T:
        """What `work` returns. Raises Unavailable."""
        await self._turn()
        loop = asyncio.get_running_loop()
        thread = self._pool.submit(self._timed, partial(work, *args))
        # Released when the thread ends: cancelling the request does not stop the thread.
        thread.add_done_callback(lambda _: loop.call_soon_threadsafe(self._free.release))
        return await asyncio.wrap_future(thread)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _turn(self) -> None:
        expected = (self._waiting + 1) * self._usual / self._threads
        if self._free.locked() and expected > self._patience:
            raise _too_much()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise _too_much() from None
        finally:
            self._waiting -= 1

    def _timed[T](self, work: Callable[[], T]) -> T:
        begun = time.perf_counter()
        try:
            return work()
        finally:
            self._usual += (time.perf_counter() - begun - self._usual) * _LATELY


def _too_much() -> Unavailable:
    return Unavailable("too many sign-ins at once", _RETRY_AFTER)
