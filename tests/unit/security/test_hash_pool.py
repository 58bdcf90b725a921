"""The queue before the threads that hash."""

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from adapters.security.hash_pool import HashPool
from domain.shared.errors import Unavailable

PATIENCE = timedelta(milliseconds=200)


class Work:
    """Holds its thread until it is let go."""

    def __init__(self) -> None:
        self.begun = self.done = 0
        self._begins, self._go = threading.Semaphore(0), threading.Event()

    def __call__(self) -> str:
        self.begun += 1
        self._begins.release()
        self._go.wait(10)
        self.done += 1
        return "done"

    async def begins(self) -> None:
        assert await asyncio.to_thread(self._begins.acquire, timeout=10)

    def let_go(self) -> None:
        self._go.set()


@pytest.fixture
def work() -> Iterator[Work]:
    work = Work()
    yield work
    work.let_go()


async def test_work_waits_for_a_thread_and_not_the_event_loop(work: Work) -> None:
    pool = HashPool(1, timedelta(seconds=5), usual=0.01)
    both = [asyncio.create_task(pool.run(work)) for _ in range(2)]
    await work.begins()
    await asyncio.sleep(0.01)
    assert work.begun == 1
    work.let_go()
    assert await asyncio.gather(*both) == ["done", "done"]
    pool.close()


async def test_who_waits_too_long_is_told_to_come_back(work: Work) -> None:
    pool = HashPool(1, PATIENCE, usual=0.01)
    first = asyncio.create_task(pool.run(work))
    await work.begins()
    with pytest.raises(Unavailable) as refused:
        await pool.run(work)
    assert refused.value.retry_after.total_seconds() >= 1
    work.let_go()
    assert await first == "done"
    assert work.begun == 1
    pool.close()


async def test_a_flood_is_refused_at_once_and_the_queue_stays_short(work: Work) -> None:
    pool = HashPool(1, timedelta(hours=1), usual=12 * 60)
    tasks = [asyncio.create_task(pool.run(work)) for _ in range(1000)]
    await work.begins()
    await asyncio.sleep(0)
    refused = [task for task in tasks if task.done()]
    assert all(isinstance(task.exception(), Unavailable) for task in refused)
    assert len(tasks) - len(refused) == 1 + 5  # one at work, 5 x 12 minutes in the queue
    work.let_go()
    await asyncio.gather(*tasks, return_exceptions=True)
    pool.close()


async def test_experience_tells_how_long_a_queue_will_take() -> None:
    pool = HashPool(1, PATIENCE, usual=30.0)
    for _ in range(40):
        await pool.run(time.sleep, 0)
    assert list(await asyncio.gather(pool.run(str, 1), pool.run(str, 2))) == ["1", "2"]
    pool.close()


async def test_a_free_thread_is_used_however_long_it_may_take(work: Work) -> None:
    pool = HashPool(1, PATIENCE, usual=30.0)
    work.let_go()
    assert await pool.run(work) == "done"
    pool.close()


async def test_a_cancelled_request_keeps_its_thread_until_the_thread_ends(work: Work) -> None:
    pool = HashPool(1, PATIENCE, usual=0.01)
    gone = asyncio.create_task(pool.run(work))
    await work.begins()
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    with pytest.raises(Unavailable):
        await pool.run(work)
    assert work.begun == 1

    work.let_go()
    assert await pool.run(work) == "done"
    assert work.done == 2
    pool.close()


async def test_a_failure_frees_its_thread() -> None:
    pool = HashPool(1, PATIENCE, usual=0.01)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await pool.run(lambda: 1 // 0)
    pool.close()
