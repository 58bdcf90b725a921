from collections.abc import AsyncIterator
from copy import deepcopy

from adapters.memory.store import Store
from domain.files.file import StorageKey, StoredFile
from domain.shared.errors import NotFound
from domain.shared.ids import FileId, UserId

_PIECE = 64 * 1024


class MemoryObjects:
    def __init__(self) -> None:
        self._objects: dict[StorageKey, bytes] = {}

    async def put(self, key: StorageKey, content: AsyncIterator[bytes]) -> None:
        self._objects[key] = b"".join([piece async for piece in content])

    async def read(self, key: StorageKey) -> AsyncIterator[bytes]:
        if key not in self._objects:
            raise NotFound(key)
        content = self._objects[key]
        for start in range(0, len(content), _PIECE):
            yield content[start : start + _PIECE]

    async def remove(self, key: StorageKey) -> None:
        self._objects.pop(key, None)


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

    async def remove(self, owner: UserId, file_id: FileId) -> None:
        self._store.table(StoredFile).pop((owner, file_id), None)
