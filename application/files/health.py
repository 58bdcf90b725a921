import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

from application.files.ports import Objects, Sweeps
from application.files.views import StorageHealth, Sweep
from application.shared.ports import Clock, Ids
from application.shared.recent import Recent
from domain.files.file import StorageKey
from domain.shared.errors import DomainError, Unavailable

FRESH = timedelta(seconds=10)  # anybody may ask, and each probe writes
_PATIENCE = 3.0  # seconds


class CheckStorage:
    """Whether files can be kept, found out by keeping one."""

    def __init__(self, objects: Objects, sweeps: Sweeps, clock: Clock, ids: Ids) -> None:
        self._objects, self._sweeps, self._ids = objects, sweeps, ids
        self._writable = Recent(self._probe, clock, FRESH)

    async def __call__(self) -> StorageHealth:
        return StorageHealth(await self._writable(), await self._last_sweep())

    async def _probe(self) -> bool:
        key = StorageKey(f"probes/{self._ids.next()}")
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._objects.put(key, _once(key.encode()))
                read = b"".join([piece async for piece in self._objects.read(key)])
                await self._objects.remove(key)
        except (DomainError, TimeoutError):
            return False
        return read == key.encode()

    async def _last_sweep(self) -> Sweep | None:
        try:
            return await self._sweeps.last()
        except Unavailable:
            return None


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
