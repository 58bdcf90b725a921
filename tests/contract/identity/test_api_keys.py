"""What every adapter of ApiKeys promises, and Callers of whoever comes with a key."""

from datetime import timedelta
from uuid import UUID

import pytest
from dishka import AsyncContainer

from application.identity.ports import ApiKeys, Callers, Users
from application.shared.actor import Scope
from application.shared.ports import Clock, Ids
from domain.identity.api_key import ApiKey, ApiKeyId, key_hash, key_text
from domain.identity.user import AccountInactive, User
from domain.shared.errors import NotFound, Unauthenticated
from domain.shared.ids import UserId
from tests.contract.identity.test_users import a_user

SECRET = b"s" * 32
FOREVER = timedelta(days=90)


async def a_key(
    world: AsyncContainer, user: User | None = None, lifetime: timedelta = FOREVER
) -> ApiKey:
    """A kept key, which opens the search."""
    now, ids = (await world.get(Clock)).now(), await world.get(Ids)
    async with world() as request:
        if user is None:
            user = await a_user(world)
            await (await request.get(Users)).add(user)
        key = ApiKey(
            id=ApiKeyId(ids.next()),
            user_id=user.id,
            name="import",
            hash=key_hash(SECRET),
            scopes=["search"],
            created_at=now,
            expires_at=now + lifetime,
        )
        await (await request.get(ApiKeys)).add(key)
    return key


async def live(world: AsyncContainer, owner: UserId) -> list[ApiKey]:
    now = (await world.get(Clock)).now()
    async with world() as request:
        keys: ApiKeys = await request.get(ApiKeys)
        return await keys.live(owner, now)


async def test_keys_that_open_something_are_listed_newest_first(world: AsyncContainer) -> None:
    first = await a_key(world)
    async with world() as request:
        user = await (await request.get(Users)).get(first.user_id)
    await a_key(world, user, lifetime=timedelta(seconds=-1))
    second = await a_key(world, user)
    assert await live(world, user.id) == [second, first]
    assert await live(world, UserId(UUID(int=7))) == []


async def test_only_its_owner_revokes_a_key_and_once(world: AsyncContainer) -> None:
    key = await a_key(world)
    now = (await world.get(Clock)).now()
    async with world() as request:
        keys = await request.get(ApiKeys)
        with pytest.raises(NotFound):
            await keys.revoke(UserId(UUID(int=7)), key.id, now)
        await keys.revoke(key.user_id, key.id, now)
        with pytest.raises(NotFound):
            await keys.revoke(key.user_id, key.id, now)
    assert await live(world, key.user_id) == []


async def test_all_of_a_users_keys_are_revoked_and_no_others(world: AsyncContainer) -> None:
    mine = await a_key(world)
    bob = await a_user(world, "bob@example.org")
    async with world() as request:
        await (await request.get(Users)).add(bob)
        his = await a_key(world, bob)
        now = (await world.get(Clock)).now()
        await (await request.get(ApiKeys)).revoke_all(mine.user_id, now)
    assert await live(world, mine.user_id) == []
    assert await live(world, bob.id) == [his]


async def test_a_key_makes_its_owner_the_caller_with_its_scopes_only(world: AsyncContainer) -> None:
    key = await a_key(world)
    caller = await (await world.get(Callers)).caller(key_text(key.id, SECRET))
    assert caller.user.id == caller.actor.user_id == key.user_id
    assert caller.actor.scopes == {Scope.SEARCH}
    assert caller.actor.session_id is None


async def test_using_a_key_stamps_it(world: AsyncContainer) -> None:
    key = await a_key(world)
    callers = await world.get(Callers)
    await callers.caller(key_text(key.id, SECRET))
    (used,) = await live(world, key.user_id)
    assert used.last_used_at is not None
    await callers.caller(key_text(key.id, SECRET))
    (again,) = await live(world, key.user_id)
    assert again.last_used_at == used.last_used_at, "not every request writes"


async def test_what_is_not_quite_the_key_opens_nothing(world: AsyncContainer) -> None:
    key = await a_key(world)
    callers = await world.get(Callers)
    right = key_text(key.id, SECRET)
    wrong = [
        key_text(key.id, b"t" * 32),
        key_text(ApiKeyId(UUID(int=1)), SECRET),
        right[:-1],
        right + "A",
        right.upper(),
        "ck_",
        f"ck_{key.id}_",
        "ck_é_" + "A" * 43,
    ]
    for text in wrong:
        with pytest.raises(Unauthenticated):
            await callers.caller(text)


async def test_a_key_that_is_over_opens_nothing(world: AsyncContainer) -> None:
    callers = await world.get(Callers)
    expired = await a_key(world, lifetime=timedelta(seconds=-1))
    with pytest.raises(Unauthenticated):
        await callers.caller(key_text(expired.id, SECRET))
    async with world() as request:
        user = await (await request.get(Users)).get(expired.user_id)
        revoked = await a_key(world, user)
        now = (await world.get(Clock)).now()
        await (await request.get(ApiKeys)).revoke(user.id, revoked.id, now)
    with pytest.raises(Unauthenticated):
        await callers.caller(key_text(revoked.id, SECRET))


async def test_the_key_of_an_account_that_is_not_active_opens_nothing(
    world: AsyncContainer,
) -> None:
    key = await a_key(world)
    callers = await world.get(Callers)
    async with world() as request:
        users = await request.get(Users)
        user = await users.get(key.user_id)
        user.is_active = False
        await users.save(user)
    with pytest.raises(AccountInactive):
        await callers.caller(key_text(key.id, SECRET))
    async with world() as request:
        users = await request.get(Users)
        user.deleted_at = (await world.get(Clock)).now()
        await users.save(user)
    with pytest.raises(Unauthenticated):
        await callers.caller(key_text(key.id, SECRET))
