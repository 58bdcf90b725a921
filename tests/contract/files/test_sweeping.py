"""What no file refers to is removed from the storage, once it is old enough; nothing else is."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dishka import AsyncContainer

from adapters.objects.obstore import ObjectStore
from application.files.ports import Files, Objects, Sweeps
from application.files.sweeping import GRACE, SweepFiles
from application.files.views import Sweep
from domain.files.file import StorageKey, StoredFile
from tests.buckets import Bucket
from tests.contract.files.test_files import a_file, an_owner

NOW = timedelta(0)
LONG_AGO = datetime.now(UTC) - timedelta(days=1)


async def keep(world: AsyncContainer, file: StoredFile, *, whole: bool = True) -> None:
    async with world() as request:
        await (await request.get(Files)).add(file)
    if whole:
        await put(world, file.storage_key)


async def put(world: AsyncContainer, key: str) -> None:
    async def content() -> AsyncIterator[bytes]:
        yield b"x"

    await (await world.get(Objects)).put(StorageKey(key), content())


async def keys(world: AsyncContainer) -> set[str]:
    objects = await world.get(Objects)
    return {one.key async for batch in objects.listed() for one in batch}


async def swept(world: AsyncContainer, older_than: timedelta = NOW) -> Sweep:
    async with world() as request:
        sweep = await (await request.get(SweepFiles))(older_than)
        assert await (await request.get(Sweeps)).last() == sweep
        return sweep


async def test_bytes_without_a_file_go_and_the_others_stay(world: AsyncContainer) -> None:
    ada, bob = await an_owner(world), await an_owner(world)
    files = [a_file(ada, at=LONG_AGO), a_file(bob, at=LONG_AGO)]
    for file in files:
        await keep(world, file)
    for key in (f"document/{ada}/lost", f"avatar/{bob}/lost", "probes/left"):
        await put(world, key)

    sweep = await swept(world)

    assert (sweep.orphans, sweep.missing) == (3, 0)
    assert await keys(world) == {file.storage_key for file in files}
    assert (await swept(world)).orphans == 0


async def test_an_upload_on_its_way_is_no_orphan(world: AsyncContainer) -> None:
    await put(world, "document/ada/on-its-way")
    assert (await swept(world, GRACE)).orphans == 0
    assert await keys(world) == {"document/ada/on-its-way"}


async def test_files_without_bytes_are_counted_and_kept(world: AsyncContainer) -> None:
    ada = await an_owner(world)
    whole, missing = a_file(ada, at=LONG_AGO), a_file(ada, at=LONG_AGO)
    fresh = a_file(ada, at=datetime.now(UTC))
    await keep(world, whole)
    await keep(world, missing, whole=False)
    await keep(world, fresh)
    sweep = await swept(world, GRACE)
    assert (sweep.orphans, sweep.missing) == (0, 1)
    async with world() as request:
        assert await (await request.get(Files)).get(ada, missing.id) == missing


async def test_an_upload_whose_process_was_killed_is_removed_from_the_folder(
    tmp_path: Path,
) -> None:
    objects = ObjectStore(tmp_path)
    old, new, odd = (tmp_path / name for name in ("a/1#1", "a/2#12", "a/notes#draft"))
    for path in (old, new, odd):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"half")
        os.utime(path, (0, 0))
    os.utime(new)
    assert await objects.remove_unfinished(datetime.now(UTC) - GRACE) == 1
    assert not old.exists()
    assert new.exists()
    assert odd.exists(), "no file of ours is called so"


async def test_an_upload_whose_process_was_killed_is_removed_from_the_bucket(
    bucket: Bucket,
) -> None:
    for key in ("files/document/ada/1", "elsewhere/2"):
        bucket.client.create_multipart_upload(Bucket=bucket.name, Key=key)
    objects = ObjectStore(bucket.url)
    assert await objects.remove_unfinished(datetime(2000, 1, 1, tzinfo=UTC)) == 0
    assert await objects.remove_unfinished(datetime.now(UTC)) == 1
    assert bucket.unfinished() == ["elsewhere/2"], "only below our own prefix"
