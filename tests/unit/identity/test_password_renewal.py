"""A sign-in is the moment at which an outdated hash can be made anew."""

from contextlib import suppress
from dataclasses import replace

import pytest

from adapters.memory.world import World
from application.identity.ports import Passwords, Users
from application.identity.sessions import Credentials, LogIn
from application.identity.users import RegisterUser, Registration
from application.shared.actor import Client
from application.shared.ports import Transaction
from domain.identity.user import InvalidCredentials, PasswordHash, User, email

ADA, TYPED = "ada@example.org", "correct horse battery"
OLD, CHANGED = PasswordHash(f"old:{TYPED}"), PasswordHash("plain:another horse")


async def ada(world: World) -> User:
    user = await world.get(Users).by_email(email(ADA))
    assert user is not None
    return user


@pytest.fixture
async def world() -> World:
    """Where Ada's password was hashed in former times."""
    world = World()
    await world.get(RegisterUser)(Registration(ADA, TYPED))
    user = await ada(world)
    user.password = OLD
    async with world.get(Transaction):
        await world.get(Users).save(user)
    return world


async def test_signing_in_renews_an_outdated_hash(world: World) -> None:
    for _ in range(2):
        await world.get(LogIn)(Credentials(ADA, TYPED), Client())
        assert (await ada(world)).password == f"plain:{TYPED}"


async def test_a_wrong_password_renews_nothing(world: World) -> None:
    with pytest.raises(InvalidCredentials):
        await world.get(LogIn)(Credentials(ADA, "wrong horse"), Client())
    assert (await ada(world)).password == OLD


async def test_a_megabyte_is_nobodys_password(world: World) -> None:
    with pytest.raises(InvalidCredentials):
        await world.get(LogIn)(Credentials(ADA, "x" * 1_000_000), Client())


class AnotherMachine:
    """Verifies as `passwords` does, and Ada changes hers at that moment."""

    def __init__(self, world: World, passwords: Passwords) -> None:
        self.hash, self.renewed = passwords.hash, passwords.renewed
        self._world, self._verify = world, passwords.verify

    async def verify(self, typed: str, against: PasswordHash | None) -> bool:
        user = await ada(self._world)
        user.password = CHANGED
        await self._world.get(Users).save(user)
        return await self._verify(typed, against)


async def test_a_password_changed_meanwhile_stays_changed(world: World) -> None:
    log_in = world.get(LogIn)
    log_in = replace(log_in, passwords=AnotherMachine(world, log_in.passwords))
    with suppress(InvalidCredentials):  # it may be refused: nothing else may happen
        await log_in(Credentials(ADA, TYPED), Client())
    assert (await ada(world)).password == CHANGED
