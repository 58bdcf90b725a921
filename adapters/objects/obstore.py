from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import obstore
from obstore import store
from obstore.exceptions import BaseError

from adapters.objects import unfinished
from application.files.ports import StoredObject
from domain.files.file import StorageKey
from domain.files.ranges import ByteRange
from domain.shared.errors import NotFound, Unavailable

_PIECE = 1024 * 1024
_PART = 5 * _PIECE  # of an upload: S3 takes no smaller ones
_LISTED = 1000  # as many as S3 gives at a time


class ObjectStore:
    """Objects in a folder, or at a URL that obstore knows: `s3://…`, `gs://…`, `az://…`, whose
    credentials are in the environment, where each provider's own tools look for them.

    An object appears under its key only when it is whole. A stream that raises leaves nothing. A
    process that is killed leaves `<key>#<n>` in the folder, which is no key, and on S3 an upload
    that was never completed.
    """

    def __init__(self, place: str | Path) -> None:
        self._store = place_of(place)

    async def put(self, key: StorageKey, content: AsyncIterator[bytes]) -> None:
        writer = obstore.open_writer_async(self._store, key, buffer_size=_PART, max_concurrency=1)
        with _answering():
            async with writer:
                async for piece in content:
                    await writer.write(piece)

    async def read(self, key: StorageKey, part: ByteRange | None = None) -> AsyncIterator[bytes]:
        with _answering():
            try:
                found = await obstore.get_async(
                    self._store,
                    key,
                    options={"range": (part.start, part.end)} if part else None,
                )
            except FileNotFoundError:
                raise NotFound("there is no such object") from None
            async for piece in found.stream(min_chunk_size=_PIECE):
                yield bytes(piece)

    async def remove(self, key: StorageKey) -> None:
        with _answering(), suppress(FileNotFoundError):
            await obstore.delete_async(self._store, key)

    async def listed(self) -> AsyncIterator[list[StoredObject]]:
        with _answering():
            async for batch in obstore.list(self._store, chunk_size=_LISTED):
                yield [StoredObject(StorageKey(o["path"]), o["last_modified"]) for o in batch]

    async def remove_unfinished(self, before: datetime) -> int:
        with _answering():
            return await unfinished.remove(self._store, before)


def place_of(place: str | Path) -> store.ObjectStore:
    """A folder, or where a URL leads to."""
    if isinstance(place, Path):
        return store.LocalStore(place, mkdir=True)
    if place.startswith("file:"):
        return store.from_url(place, mkdir=True)
    return store.from_url(
        place,
        client_options={
            "allow_http": True,  # where the endpoint's own URL says so
            "connect_timeout": "3s",
            "read_timeout": "10s",
            "timeout": "1h",  # a read takes as long as its reader does: it is silence that ends it
        },
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=10)},
    )


@contextmanager
def _answering() -> Iterator[None]:
    """A storage that is away, full or closed to us is Unavailable."""
    try:
        yield
    except (BaseError, OSError) as error:
        raise Unavailable("the file storage does not answer", timedelta(seconds=5)) from error
