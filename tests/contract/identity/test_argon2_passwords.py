"""What only the real adapter does: costs, bcrypt, a pool that is full."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import bcrypt
import pytest

from adapters.security.calibration import ENOUGH, calibrate, measured
from adapters.security.passwords import Argon2Passwords, Cost
from domain.identity.user import Password, PasswordHash
from domain.shared.errors import Unavailable

TYPED = "correct horse battery"
MIB = 1024 * 1024
_MEMORY = """
import asyncio, resource
from datetime import timedelta
from adapters.security.passwords import Argon2Passwords
from domain.identity.user import Password

async def main():
    passwords = Argon2Passwords(4, timedelta(seconds=60))
    await asyncio.gather(*(passwords.hash(Password(f"password {n}")) for n in range(60)))

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
asyncio.run(main())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.fixture
def passwords() -> Iterator[Argon2Passwords]:
    passwords = Argon2Passwords(threads=1)
    yield passwords
    passwords.close()


def of_bcrypt(text: str) -> PasswordHash:
    return PasswordHash(bcrypt.hashpw(text.encode(), bcrypt.gensalt(4)).decode())


async def test_a_hash_is_argon2id_of_the_cost_it_was_told() -> None:
    passwords = Argon2Passwords(1, cost=Cost(memory_kib=20_480, time_cost=3))
    kept = await passwords.hash(Password(TYPED))
    assert kept.startswith("$argon2id$v=19$m=20480,t=3,p=1$")
    passwords.close()


async def test_a_bcrypt_hash_verifies_and_becomes_argon2id(passwords: Argon2Passwords) -> None:
    inherited = of_bcrypt(TYPED)
    assert await passwords.verify(TYPED, inherited)
    assert not await passwords.verify("wrong horse", inherited)
    assert (await passwords.renewed(TYPED, inherited) or "").startswith("$argon2id$")


async def test_bcrypt_never_knew_more_than_72_bytes(passwords: Argon2Passwords) -> None:
    inherited = of_bcrypt("ä" * 36)
    assert await passwords.verify("ä" * 50, inherited)
    assert not await passwords.verify("ä" * 35, inherited)


async def test_when_it_is_busy_a_password_is_not_renewed_and_not_refused() -> None:
    passwords = Argon2Passwords(1, patience=timedelta(milliseconds=1))
    busy = asyncio.create_task(passwords.hash(Password(TYPED)))
    await asyncio.sleep(0)
    assert await passwords.renewed(TYPED, of_bcrypt(TYPED)) is None
    with pytest.raises(Unavailable):
        await passwords.verify(TYPED, None)
    await busy
    passwords.close()


def test_a_flood_takes_the_memory_of_the_threads_and_no_more() -> None:
    run = subprocess.run(
        [sys.executable, "-c", _MEMORY], capture_output=True, text=True, check=True
    )
    assert int(run.stdout) * 1024 < 4 * 19 * MIB + 40 * MIB


@pytest.mark.parametrize("seconds", [0.001, 0.004, 0.03, 0.051, 0.099])
def test_calibration_finds_100_to_250_ms_on_any_machine(seconds: float) -> None:
    def machine(cost: Cost) -> float:
        return seconds * cost.memory_kib / 19_456 * cost.time_cost / 2

    cost, took = calibrate(machine)

    assert took == machine(cost)
    assert ENOUGH <= took <= 0.25
    assert cost.memory_kib >= 19_456 and cost.time_cost >= 2


def test_a_slow_machine_gets_the_least_that_is_safe() -> None:
    assert calibrate(lambda _: 0.4) == (Cost(), 0.4)


def test_a_hash_is_measured() -> None:
    assert 0.001 < measured(Cost()) < 10
