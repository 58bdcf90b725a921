from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import obstore
from obstore import store

from domain.files.file import StorageKey
from domain.shared.errors import NotFound

_PIECE = 1024 * 1024


class ObjectStore:
    """Objects in a folder, or at a URL that obstore knows: `s3://…`, `gs://…`, `az://…`.

    An object appears under its key only when it is whole. A stream that raises leaves nothing.
    A process that is killed leaves `<key>#<n>` in the folder, which is no key.
    """

    def __init__(self, url_or_path: str | Path) -> None:
        self._store: store.ObjectStore = (
            store.from_url(url_or_path)
            if isinstance(url_or_path, str) and "://" in url_or_path
            else store.LocalStore(url_or_path, mkdir=True)
        )

    async def put(self, key: StorageKey, content: AsyncIterator[bytes]) -> None:
        await obstore.put_async(self._store, key, content, max_concurrency=2)

    async def read(self, key: StorageKey) -> AsyncIterator[bytes]:
        try:
            found = await obstore.get_async(self._store, key)
        except FileNotFoundError:
            raise NotFound(key) from None
        async for piece in found.stream(min_chunk_size=_PIECE):
            yield bytes(piece)

    async def remove(self, key: StorageKey) -> None:
        with suppress(FileNotFoundError):
            await obstore.delete_async(self._store, key)
