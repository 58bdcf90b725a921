"""What every Objects adapter promises: in memory, on disk, and in a bucket of moto's S3 server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from obstore import store

from adapters.memory.files.files import MemoryObjects
from adapters.objects.obstore import ObjectStore, place_of
from adapters.system import SystemClock
from application.files.ports import Objects
from domain.files.file import FileTooLarge, StorageKey
from domain.files.ranges import ByteRange
from domain.shared.errors import NotFound, Unavailable
from tests.buckets import Bucket
from tests.running import free_port

type Remains = Callable[[], list[str]]

KEY = StorageKey("ab/cd/0123")
MIB = 1024 * 1024


@pytest.fixture(params=["memory", "disk", "url", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    match request.param:
        case "memory":
            return MemoryObjects(SystemClock())
        case "disk":
            return ObjectStore(tmp_path)
        case "url":
            return ObjectStore(tmp_path.as_uri())
        case _:
            bucket: Bucket = request.getfixturevalue("bucket")
            return ObjectStore(bucket.url)


@pytest.fixture
def remains(request: pytest.FixtureRequest, objects: Objects, tmp_path: Path) -> Remains:
    """Whatever lies in the storage, whole or not, as its own tools show it."""
    if "s3" in request.node.callspec.params.values():
        bucket: Bucket = request.getfixturevalue("bucket")
        return bucket.everything
    return lambda: [str(path) for path in tmp_path.rglob("*") if path.is_file()]


async def stream(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def content(objects: Objects, key: StorageKey, part: ByteRange | None = None) -> bytes:
    return b"".join([piece async for piece in objects.read(key, part)])


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
    objects: Objects, remains: Remains, before: int
) -> None:
    async def too_large() -> AsyncIterator[bytes]:
        for _ in range(before):
            yield bytes(MIB)
        raise FileTooLarge("more than it may be")

    with pytest.raises(FileTooLarge, match="more than it may be"):
        await objects.put(KEY, too_large())
    with pytest.raises(NotFound):
        await content(objects, KEY)
    assert remains() == []


async def test_a_stream_that_raises_leaves_the_object_of_before(
    objects: Objects, remains: Remains
) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"new"
        raise FileTooLarge

    await objects.put(KEY, stream(b"old"))
    with pytest.raises(FileTooLarge):
        await objects.put(KEY, broken())
    assert await content(objects, KEY) == b"old"
    assert len(remains()) <= 1


async def test_a_put_that_is_cancelled_leaves_nothing(objects: Objects, remains: Remains) -> None:
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
    assert remains() == []
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


async def test_a_part_of_an_object_is_read(objects: Objects) -> None:
    whole = bytes(range(256)) * 1024 * 24
    await objects.put(KEY, stream(whole))
    for start, end in [(0, 1), (5, 9), (MIB - 3, 3 * MIB + 7), (len(whole) - 1, len(whole))]:
        assert await content(objects, KEY, ByteRange(start, end)) == whole[start:end]


async def test_all_whole_objects_are_listed(objects: Objects) -> None:
    began = datetime.now(UTC)
    assert await listed(objects) == {}
    for name in ("a/1", "a/2", "b/c/3"):
        await objects.put(StorageKey(name), stream(b"x"))

    async def unfinished() -> AsyncIterator[bytes]:
        yield bytes(12 * MIB)
        assert {*await listed(objects)} == {"a/1", "a/2", "b/c/3"}

    await objects.put(KEY, unfinished())
    await objects.remove(StorageKey("a/2"))
    found = await listed(objects)
    assert {*found} == {"a/1", "b/c/3", KEY}
    a_minute = timedelta(minutes=1)  # clocks of storages tell whole seconds
    assert all(began - a_minute < at < began + a_minute for at in found.values())


async def test_whole_objects_and_running_puts_are_not_unfinished(
    objects: Objects, remains: Remains
) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield bytes(12 * MIB)
        assert await objects.remove_unfinished(datetime.now(UTC) - timedelta(days=10_000)) == 0
        yield b"end"

    await objects.put(KEY, slow())
    assert await objects.remove_unfinished(datetime.now(UTC) + timedelta(hours=1)) == 0
    assert len(await content(objects, KEY)) == 12 * MIB + 3


async def test_a_storage_that_does_not_answer_is_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    objects = ObjectStore("s3://nowhere")
    asked: list[Awaitable[object]] = [
        objects.put(KEY, stream(b"x")),
        objects.put(KEY, stream(bytes(12 * MIB))),
        content(objects, KEY),
        objects.remove(KEY),
        listed(objects),
    ]
    for asking in asked:
        with pytest.raises(Unavailable, match="storage"):
            await asking


async def test_a_bucket_that_is_not_there_is_unavailable(bucket: Bucket) -> None:
    with pytest.raises(Unavailable):
        await ObjectStore("s3://another-bucket").put(KEY, stream(b"x"))


@pytest.mark.parametrize(
    ("url", "kind", "environ"),
    [
        ("s3://bucket/prefix", store.S3Store, {}),
        ("gs://bucket/prefix", store.GCSStore, {}),
        ("az://container/prefix", store.AzureStore, {"AZURE_STORAGE_ACCOUNT_NAME": "ada"}),
    ],
)
def test_a_url_says_whose_storage_it_is(
    url: str, kind: type, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Google's and Azure's are only constructed: there is no server of theirs to ask here."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    place = place_of(url)
    assert type(place) is kind
    assert isinstance(place, store.S3Store | store.GCSStore | store.AzureStore)
    assert place.prefix == "prefix"


async def listed(objects: Objects) -> dict[str, datetime]:
    return {one.key: one.modified_at async for batch in objects.listed() for one in batch}
