"""What every Files and AllFiles adapter promises."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from dishka import AsyncContainer

from application.files.ports import AllFiles, Files, Sweeps
from application.files.views import Sweep
from application.identity.ports import Users
from domain.files.file import Purpose, StorageKey, StoredFile
from domain.shared.errors import NotFound
from domain.shared.ids import FileId, UserId
from tests.contract.identity.test_users import a_user

THEN = datetime(2026, 1, 1, tzinfo=UTC)


async def an_owner(world: AsyncContainer) -> UserId:
    user = await a_user(world, f"{uuid4().hex}@example.org")
    async with world() as request:
        await (await request.get(Users)).add(user)
    return user.id


def a_file(owner: UserId, purpose: Purpose = Purpose.DOCUMENT, at: datetime = THEN) -> StoredFile:
    file_id = FileId(uuid4())
    return StoredFile(
        id=file_id,
        user_id=owner,
        purpose=purpose,
        original_name="a.txt",
        storage_key=StorageKey(f"{purpose}/{owner}/{file_id}"),
        media_type="text/plain",
        size=1,
        sha256="0" * 64,
        created_at=at,
    )


async def test_another_users_file_is_not_found(world: AsyncContainer) -> None:
    ada, bob = await an_owner(world), await an_owner(world)
    file = a_file(ada)
    async with world() as request:
        files = await request.get(Files)
        await files.add(file)
        assert await files.get(ada, file.id) == file
        with pytest.raises(NotFound):
            await files.get(bob, file.id)
        await files.remove(bob, file.id)
        assert await files.get(ada, file.id) == file
        await files.remove(ada, file.id)
        with pytest.raises(NotFound):
            await files.get(ada, file.id)


async def test_an_owners_files_are_told_apart_by_purpose(world: AsyncContainer) -> None:
    ada, bob = await an_owner(world), await an_owner(world)
    async with world() as request:
        files = await request.get(Files)
        mine = [a_file(ada), a_file(ada), a_file(ada, Purpose.AVATAR), a_file(bob)]
        for file in mine:
            await files.add(file)
        assert {*await files.of(ada, Purpose.DOCUMENT)} == {mine[0].id, mine[1].id}
        assert await files.of(ada, Purpose.AVATAR) == [mine[2].id]
        assert await files.of(bob, Purpose.AVATAR) == []


async def test_upkeep_sees_everybodys_files(world: AsyncContainer) -> None:
    ada, bob = await an_owner(world), await an_owner(world)
    later = THEN + timedelta(days=1)
    mine, theirs = a_file(ada), a_file(bob, at=later)
    async with world() as request:
        files, everyones = await request.get(Files), await request.get(AllFiles)
        await files.add(mine)
        await files.add(theirs)
        keys = [mine.storage_key, theirs.storage_key, StorageKey("nobodys")]
        assert await everyones.created(keys) == {mine.storage_key: THEN, theirs.storage_key: later}
        assert await everyones.created([]) == {}
        horizons = (THEN, later, later + timedelta(days=1))
        assert [await everyones.count(at) for at in horizons] == [0, 1, 2]


async def test_the_last_sweep_is_kept(world: AsyncContainer) -> None:
    async with world() as request:
        sweeps = await request.get(Sweeps)
        assert await sweeps.last() is None
        for number in (1, 2):
            sweep = Sweep(at=THEN, orphans=number, unfinished=2, missing=3)
            await sweeps.keep(sweep)
            assert await sweeps.last() == sweep
