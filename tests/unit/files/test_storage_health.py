"""Whether files can be kept is found out by keeping one, and not more often than needed."""

from collections.abc import AsyncIterator
from datetime import timedelta

from adapters.memory.files.files import MemoryObjects, MemorySweeps
from adapters.system import Uuid7
from application.files.health import FRESH, CheckStorage
from domain.files.file import StorageKey
from domain.shared.errors import Unavailable
from tests.unit.identity.clock import SetClock


class Disk(MemoryObjects):
    """Counts what is put, and may be full."""

    puts, full = 0, False

    async def put(self, key: StorageKey, content: AsyncIterator[bytes]) -> None:
        self.puts += 1
        if self.full:
            raise Unavailable("no space is left", timedelta(seconds=1))
        await super().put(key, content)


async def test_a_storage_that_keeps_what_is_put_is_writable() -> None:
    disk, clock = Disk(SetClock()), SetClock()
    health = await CheckStorage(disk, MemorySweeps(), clock, Uuid7())()
    assert (health.writable, health.swept) == (True, None)
    assert [batch async for batch in disk.listed()] == [[]], "the probe left something"


async def test_what_was_found_counts_for_some_seconds() -> None:
    disk, clock = Disk(SetClock()), SetClock()
    check = CheckStorage(disk, MemorySweeps(), clock, Uuid7())
    assert (await check()).writable
    disk.full = True
    assert (await check()).writable
    clock.move(FRESH.total_seconds())
    assert not (await check()).writable
    assert disk.puts == 2
