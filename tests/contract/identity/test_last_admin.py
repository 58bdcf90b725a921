"""However many administrators end each other at the same moment, one remains."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest
from dishka import AsyncContainer

from application.identity.administration import AccountChange, ChangeUser, DeleteUser
from application.identity.deletion import DeleteAccount, Farewell
from application.identity.ports import Sessions, Users
from application.shared.actor import EVERYTHING_OWN, Actor, Scope
from application.shared.ports import Clock
from domain.identity.administration import LastAdmin
from domain.identity.session import IDLE, Session, SessionId
from domain.identity.user import User
from domain.shared.errors import NotFound
from domain.shared.ids import UserId
from tests.contract.identity.test_users import a_user

ADMIN = EVERYTHING_OWN | {Scope.ADMIN}

type Attack = Callable[[AsyncContainer, Actor, UserId], Awaitable[object]]


async def some_admins(world: AsyncContainer, count: int) -> list[User]:
    made = [await a_user(world, f"admin{number}@example.org") for number in range(count)]
    async with world() as request:
        for user in made:
            user.is_admin = True
            await (await request.get(Users)).add(user)
    return made


async def demote(world: AsyncContainer, actor: Actor, other: UserId) -> None:
    async with world() as request:
        await (await request.get(ChangeUser))(actor, other, AccountChange(is_admin=False))


async def deactivate(world: AsyncContainer, actor: Actor, other: UserId) -> None:
    async with world() as request:
        await (await request.get(ChangeUser))(actor, other, AccountChange(is_active=False))


async def delete(world: AsyncContainer, actor: Actor, other: UserId) -> None:
    async with world() as request:
        await (await request.get(DeleteUser))(actor, other)


async def leave(world: AsyncContainer, actor: Actor, _: UserId) -> None:
    now, session_id = (await world.get(Clock)).now(), SessionId(uuid4())
    session = Session(
        id=session_id,
        user_id=actor.user_id,
        family_key=b"",
        counter=0,
        token_hash=b"",
        created_at=now,
        idle_until=now + IDLE,
        expires_at=now + IDLE,
    )
    me = Actor(actor.user_id, actor.scopes, session_id)
    async with world() as request:
        await (await request.get(Sessions)).add(session)
        await (await request.get(DeleteAccount))(me, Farewell())


@pytest.mark.parametrize("attack", [demote, deactivate, delete, leave])
@pytest.mark.parametrize("count", [2, 6])
async def test_one_administrator_remains(world: AsyncContainer, attack: Attack, count: int) -> None:
    admins = await some_admins(world, count)
    around = zip(admins, admins[1:] + admins[:1], strict=True)
    outcomes = await asyncio.gather(
        *(attack(world, Actor(one.id, ADMIN), other.id) for one, other in around),
        return_exceptions=True,
    )
    async with world() as request:
        assert len(await (await request.get(Users)).admins()) == 1
    refused = [outcome for outcome in outcomes if outcome is not None]
    assert [type(refusal) for refusal in refused] == [LastAdmin]


async def test_an_ordinary_account_goes_whoever_administers(world: AsyncContainer) -> None:
    (root,) = await some_admins(world, 1)
    bob = await a_user(world, "bob@example.org")
    async with world() as request:
        await (await request.get(Users)).add(bob)
    await demote(world, Actor(root.id, ADMIN), bob.id)
    await delete(world, Actor(root.id, ADMIN), bob.id)
    with pytest.raises(NotFound):
        await delete(world, Actor(root.id, ADMIN), bob.id)
