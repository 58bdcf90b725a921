"""What every Objects adapter promises. Runs once in memory and once on disk."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.memory.files.files import MemoryObjects
from adapters.objects.obstore import ObjectStore
from application.files.ports import Objects
from domain.files.file import FileTooLarge, StorageKey
from domain.shared.errors import NotFound

KEY = StorageKey("ab/cd/0123")
MIB = 1024 * 1024


@pytest.fixture(params=["memory", "disk", "url"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    if request.param == "memory":
        return MemoryObjects()
    return ObjectStore(tmp_path if request.param == "disk" else tmp_path.as_uri())


async def stream(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def content(objects: Objects, key: StorageKey) -> bytes:
    return b"".join([piece async for piece in objects.read(key)])


async def test_what_is_put_is_read(objects: Objects) -> None:
    await objects.put(KEY, stream(b"one ", b"", b"two"))
    assert await content(objects, KEY) == b"one two"


async def test_a_large_object_comes_in_pieces(objects: Objects) -> None:
    pieces = [bytes([number]) * MIB for number in range(12)]
    await objects.put(KEY, stream(*pieces))
    read = [piece async for piece in objects.read(KEY)]
    assert b"".join(read) == b"".join(pieces)
    assert len(read) > 1
    assert max(map(len, read)) <= 4 * MIB


async def test_an_object_may_be_empty(objects: Objects) -> None:
    await objects.put(KEY, stream())
    assert await content(objects, KEY) == b""


async def test_putting_again_replaces(objects: Objects) -> None:
    await objects.put(KEY, stream(b"a longer first"))
    await objects.put(KEY, stream(b"second"))
    assert await content(objects, KEY) == b"second"


async def test_what_was_never_put_is_not_found(objects: Objects) -> None:
    with pytest.raises(NotFound):
        await content(objects, KEY)


async def test_what_is_removed_is_not_found(objects: Objects) -> None:
    await objects.put(KEY, stream(b"x"))
    await objects.remove(KEY)
    with pytest.raises(NotFound):
        await content(objects, KEY)


async def test_removing_nothing_is_fine(objects: Objects) -> None:
    await objects.remove(KEY)


@pytest.mark.parametrize("before", [0, 1, 12])
async def test_a_stream_that_raises_leaves_nothing(
    objects: Objects, tmp_path: Path, before: int
) -> None:
    async def too_large() -> AsyncIterator[bytes]:
        for _ in range(before):
            yield bytes(MIB)
        raise FileTooLarge("more than it may be")

    with pytest.raises(FileTooLarge, match="more than it may be"):
        await objects.put(KEY, too_large())
    with pytest.raises(NotFound):
        await content(objects, KEY)
    assert files(tmp_path) == []


async def test_a_stream_that_raises_leaves_the_object_of_before(
    objects: Objects, tmp_path: Path
) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"new"
        raise FileTooLarge

    await objects.put(KEY, stream(b"old"))
    with pytest.raises(FileTooLarge):
        await objects.put(KEY, broken())
    assert await content(objects, KEY) == b"old"
    assert len(files(tmp_path)) <= 1


async def test_a_put_that_is_cancelled_leaves_nothing(objects: Objects, tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(12):
            yield bytes(MIB)
        begun.set()
        await asyncio.Event().wait()

    putting = asyncio.create_task(objects.put(KEY, endless()))
    await begun.wait()
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    async with asyncio.timeout(5):
        while files(tmp_path):  # noqa: ASYNC110  obstore clears up on a thread of its own
            await asyncio.sleep(0.01)
    with pytest.raises(NotFound):
        await content(objects, KEY)


async def test_a_half_written_object_is_not_seen(objects: Objects) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield bytes(12 * MIB)
        with pytest.raises(NotFound):
            await content(objects, KEY)
        yield b"end"

    await objects.put(KEY, slow())
    assert len(await content(objects, KEY)) == 12 * MIB + 3


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
