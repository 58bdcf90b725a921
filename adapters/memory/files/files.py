from collections.abc import AsyncIterator
from copy import deepcopy
from datetime import datetime

from adapters.memory.store import Store
from application.files.ports import StoredObject
from application.files.views import Sweep
from application.shared.ports import Clock
from domain.files.file import Purpose, StorageKey, StoredFile
from domain.files.ranges import ByteRange
from domain.shared.errors import NotFound
from domain.shared.ids import FileId, UserId

_PIECE = 64 * 1024


class MemoryObjects:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._objects: dict[StorageKey, tuple[bytes, datetime]] = {}

    async def put(self, key: StorageKey, content: AsyncIterator[bytes]) -> None:
        whole = b"".join([piece async for piece in content])
        self._objects[key] = whole, self._clock.now()

    async def read(self, key: StorageKey, part: ByteRange | None = None) -> AsyncIterator[bytes]:
        if key not in self._objects:
            raise NotFound("there is no such object")
        content, _ = self._objects[key]
        if part is not None:
            content = content[part.start : part.end]
        for start in range(0, len(content), _PIECE):
            yield content[start : start + _PIECE]

    async def remove(self, key: StorageKey) -> None:
        self._objects.pop(key, None)

    async def listed(self) -> AsyncIterator[list[StoredObject]]:
        yield [StoredObject(key, at) for key, (_, at) in self._objects.items()]

    async def remove_unfinished(self, before: datetime) -> int:
        return 0


class MemoryAllFiles:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def created(self, keys: list[StorageKey]) -> dict[StorageKey, datetime]:
        files = self._store.table(StoredFile).values()
        return {f.storage_key: f.created_at for f in files if f.storage_key in keys}

    async def count(self, before: datetime) -> int:
        return sum(f.created_at < before for f in self._store.table(StoredFile).values())


class MemorySweeps:
    def __init__(self) -> None:
        self._last: Sweep | None = None

    async def keep(self, sweep: Sweep) -> None:
        self._last = sweep

    async def last(self) -> Sweep | None:
        return self._last


class MemoryFiles:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, file: StoredFile) -> None:
        self._store.table(StoredFile)[file.user_id, file.id] = deepcopy(file)

    async def get(self, owner: UserId, file_id: FileId) -> StoredFile:
        try:
            return deepcopy(self._store.table(StoredFile)[owner, file_id])
        except KeyError:
            raise NotFound("there is no such file") from None

    async def of(self, owner: UserId, purpose: Purpose) -> list[FileId]:
        files = self._store.table(StoredFile).values()
        return [f.id for f in files if f.user_id == owner and f.purpose is purpose]

    async def remove(self, owner: UserId, file_id: FileId) -> None:
        self._store.table(StoredFile).pop((owner, file_id), None)
