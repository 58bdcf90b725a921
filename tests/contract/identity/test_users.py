"""What every Users adapter promises. Runs once in memory and once on Postgres."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from dishka import AsyncContainer

from application.identity.ports import Users
from application.shared.ports import Ids
from domain.identity.user import EmailTaken, PasswordHash, User
from domain.identity.user import email as parse
from domain.shared.errors import NotFound
from domain.shared.ids import UserId

THEN = datetime(2026, 1, 1, tzinfo=UTC)


async def a_user(world: AsyncContainer, email: str = "ada@example.org") -> User:
    ids = await world.get(Ids)
    return User(
        id=UserId(ids.next()),
        email=parse(email),
        password=PasswordHash("x"),
        full_name="Ada",
        anonymous_id=str(ids.next()),
        created_at=THEN,
        updated_at=THEN,
    )


async def test_an_added_user_is_found(world: AsyncContainer) -> None:
    user = await a_user(world)
    async with world() as request:
        await (await request.get(Users)).add(user)
    async with world() as request:
        users = await request.get(Users)
        assert await users.get(user.id) == user
        assert await users.by_email(user.email) == user


async def test_an_unknown_user_is_not_found(world: AsyncContainer) -> None:
    async with world() as request:
        users = await request.get(Users)
        with pytest.raises(NotFound):
            await users.get(UserId(uuid4()))
        assert await users.by_email(parse("nobody@example.org")) is None


async def test_an_email_is_taken_once(world: AsyncContainer) -> None:
    async with world() as request:
        users = await request.get(Users)
        await users.add(await a_user(world))
        with pytest.raises(EmailTaken):
            await users.add(await a_user(world))


async def test_the_email_of_a_deleted_user_is_free(world: AsyncContainer) -> None:
    async with world() as request:
        users = await request.get(Users)
        gone = await a_user(world)
        await users.add(gone)
        gone.deleted_at = THEN
        await users.save(gone)

        await users.add(await a_user(world))

        with pytest.raises(NotFound):
            await users.get(gone.id)


async def test_an_unsaved_change_is_lost(world: AsyncContainer) -> None:
    user = await a_user(world)
    async with world() as request:
        users = await request.get(Users)
        await users.add(user)
        (await users.get(user.id)).full_name = "Grace"
        assert (await users.get(user.id)).full_name == "Ada"


async def test_a_saved_email_is_nobody_elses(world: AsyncContainer) -> None:
    ada, bob = await a_user(world), await a_user(world, "bob@example.org")
    async with world() as request:
        users = await request.get(Users)
        await users.add(ada)
        await users.add(bob)
        bob.email = ada.email
        with pytest.raises(EmailTaken):
            await users.save(bob)
        await users.save(ada)
        bob.email = parse("robert@example.org")
        await users.save(bob)
        assert await users.by_email(bob.email) == bob


async def test_a_deleted_user_is_found_as_such_until_it_is_removed(world: AsyncContainer) -> None:
    async with world() as request:
        users = await request.get(Users)
        living, old, fresh = [await a_user(world, f"{name}@example.org") for name in "lof"]
        old.deleted_at, fresh.deleted_at = THEN, THEN + timedelta(days=1)
        for user in (living, fresh, old):
            await users.add(user)

        assert await users.deleted(old.id) == old
        assert await users.deleted_before(THEN - timedelta(seconds=1), 9) == []
        assert await users.deleted_before(THEN, 9) == [old.id]
        assert await users.deleted_before(THEN + timedelta(days=1), 9) == [old.id, fresh.id]
        assert await users.deleted_before(THEN + timedelta(days=1), 1) == [old.id]
        for unknown in (living.id, UserId(uuid4())):
            with pytest.raises(NotFound):
                await users.deleted(unknown)

        await users.remove(old.id)
        with pytest.raises(NotFound):
            await users.deleted(old.id)


async def test_who_administers_is_active_and_not_deleted(world: AsyncContainer) -> None:
    async with world() as request:
        users = await request.get(Users)
        made = [await a_user(world, f"{name}@example.org") for name in "abcd"]
        for user in made[:3]:
            user.is_admin = True
        made[1].is_active, made[2].deleted_at = False, THEN
        for user in made:
            await users.add(user)
        assert await users.admins() == [made[0].id]
