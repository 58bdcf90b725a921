"""Who guesses passwords waits; who knows theirs does not."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.identity.security import PlainPasswords
from adapters.memory.world import World
from application.identity.policy import Policy
from application.identity.ports import Passwords
from application.identity.sessions import Credentials, LogIn
from application.identity.users import RegisterUser, Registration
from application.shared.actor import Client
from application.shared.ports import Clock
from domain.identity.audit import Entry
from domain.identity.login_failures import LONGEST, AccountLocked, Failures, identifier, lock
from domain.identity.session import Session
from domain.identity.user import InvalidCredentials, PasswordHash, User
from domain.shared.errors import Busy
from tests.unit.identity.clock import NOON, SetClock

ADA, PASSWORD, WRONG = "ada@example.org", "correct horse battery", "wrong"


async def nothing() -> None: ...


class InterruptedPasswords(PlainPasswords):
    """While one is hashed, `meanwhile` happens."""

    def __init__(self) -> None:
        self.meanwhile: Callable[[], Awaitable[None]] = nothing

    async def verify(self, typed: str, against: PasswordHash | None) -> bool:
        await self.meanwhile()
        return await super().verify(typed, against)


class Door:
    """Where people log in."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.clock, self.passwords = SetClock(), InterruptedPasswords()
        given: dict[type, Any] = {
            Clock: self.clock,
            Passwords: self.passwords,
            Policy: policy or Policy(),
        }
        self.world = World(given)

    async def register(self) -> None:
        await self.world.get(RegisterUser)(Registration(ADA, PASSWORD))

    async def try_(
        self, password: str = WRONG, email: str = ADA, address: str | None = None
    ) -> None:
        await self.world.get(LogIn)(Credentials(email, password), Client(address))

    async def fail(self, times: int, email: str = ADA, address: str | None = None) -> None:
        for _ in range(times):
            with pytest.raises(InvalidCredentials):
                await self.try_(email=email, address=address)

    def actions(self) -> list[str]:
        return [e.event.action for e in self.world.store.table(Entry).values()]


@pytest.fixture
async def door() -> Door:
    door = Door()
    await door.register()
    return door


@pytest.mark.parametrize("email", [ADA, "nobody@example.org", "no address"])
async def test_the_fifth_wrong_password_locks_known_or_not(door: Door, email: str) -> None:
    await door.fail(5, email)
    for waits in (2, 4, 8):
        with pytest.raises(AccountLocked) as raised:
            await door.try_(email=email)
        assert raised.value.retry_after.total_seconds() == waits
        door.clock.move(waits)
        await door.fail(1, email)


async def test_trying_while_it_is_locked_does_not_lengthen_it(door: Door) -> None:
    await door.fail(5)
    door.clock.move(1)
    for password in ("wrong", PASSWORD):
        with pytest.raises(AccountLocked):
            await door.try_(password)
    door.clock.move(1)
    await door.try_(PASSWORD)


async def test_the_right_password_wipes_the_slate(door: Door) -> None:
    await door.fail(4)
    await door.try_(PASSWORD)
    await door.fail(4)
    await door.try_(PASSWORD)


async def test_another_way_to_type_an_address_is_no_other_chance(door: Door) -> None:
    await door.fail(3)
    await door.fail(2, " ADA@EXAMPLE.org ")
    with pytest.raises(AccountLocked):
        await door.try_(PASSWORD)


async def test_an_old_failure_is_forgotten(door: Door) -> None:
    await door.fail(4)
    door.clock.move(15 * 60)
    await door.fail(4)
    await door.try_(PASSWORD)


async def test_a_guesser_without_pause_is_never_let_off(door: Door) -> None:
    """Nor locked out for ever: once in 15 minutes."""
    await door.fail(4)
    for count in range(5, 20):
        await door.fail(1)
        door.clock.move(lock(count).total_seconds())
    await door.try_(PASSWORD)


@given(st.lists(st.integers(0, 2000), max_size=40))
def test_a_lock_is_at_most_fifteen_minutes_and_doubles(pauses: list[int]) -> None:
    clock, failures = SetClock(), Failures(identifier=b"", first_at=NOON, last_at=NOON)
    for pause in pauses:
        clock.move(pause)
        if failures.locked(clock.now()):
            continue
        before = failures.count
        failures.add(clock.now())
        assert failures.count in (1, before + 1)
        assert failures.locked(clock.now()) == (failures.count >= 5)
        if failures.locked_until:
            length = failures.locked_until - clock.now()
            assert length == min(lock(5) * 2 ** (failures.count - 5), LONGEST)


async def test_an_address_has_thirty_wrong_passwords_a_minute(door: Door) -> None:
    for number in range(30):
        await door.fail(1, f"user{number}@example.org", "192.0.2.1")
    for password in ("wrong", PASSWORD):
        with pytest.raises(Busy) as raised:
            await door.try_(password, address="192.0.2.1")
        assert raised.value.code == "busy"
    await door.try_(PASSWORD, address="192.0.2.2")
    door.clock.move(60)
    await door.try_(PASSWORD, address="192.0.2.1")


async def test_right_passwords_are_not_limited(door: Door) -> None:
    for _ in range(40):
        await door.try_(PASSWORD, address="192.0.2.1")


async def test_a_household_is_one_address() -> None:
    door = Door(Policy(wrong_passwords_per_minute=1))
    await door.fail(1, address="2001:db8::1")
    with pytest.raises(Busy):
        await door.try_(address="2001:db8::ffff:2")
    await door.fail(1, address="2001:db8:0:1::1")
    await door.fail(1, address="192.0.2.1")
    with pytest.raises(Busy):
        await door.try_(address="::ffff:192.0.2.1")


async def test_zero_turns_the_limit_of_addresses_off() -> None:
    door = Door(Policy(wrong_passwords_per_minute=0))
    for number in range(40):
        await door.fail(1, f"user{number}@example.org", "192.0.2.1")


async def test_the_audit_log_tells_what_happened_and_no_more(door: Door) -> None:
    await door.try_(PASSWORD)
    await door.fail(5)
    with pytest.raises(AccountLocked):
        await door.try_()
    assert door.actions() == ["session.opened", *["login.denied"] * 4, "login.locked"]


async def test_a_guess_that_is_right_while_others_lock_the_account_opens_nothing(
    door: Door,
) -> None:
    """Guesses sent all at once have all been let in when the first is found wrong."""

    async def others_fail() -> None:
        door.passwords.meanwhile = nothing
        await door.fail(5)

    door.passwords.meanwhile = others_fail
    with pytest.raises(AccountLocked):
        await door.try_(PASSWORD)
    assert door.world.store.table(Session) == {}


@pytest.mark.parametrize("change", [{"password": "plain:new"}, {"deleted_at": NOON}])
async def test_a_password_that_is_changed_while_it_is_verified_opens_nothing(
    door: Door, change: dict[str, Any]
) -> None:
    users = door.world.store.table(User)

    async def change_it() -> None:
        for key, user in users.items():
            users[key] = replace(user, **change)

    door.passwords.meanwhile = change_it
    with pytest.raises(InvalidCredentials):
        await door.try_(PASSWORD)
    assert door.world.store.table(Session) == {}


def test_an_identifier_says_nothing_of_the_address() -> None:
    assert identifier(" ADA@example.org") == identifier("ada@EXAMPLE.org")
    assert len(identifier("\ud800")) == 32
