"""What every Passwords adapter promises."""

from collections.abc import Iterator

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from adapters.memory.identity.security import PlainPasswords
from adapters.security.passwords import Argon2Passwords
from application.identity.ports import Passwords
from domain.identity.user import Password, PasswordHash

TYPED = "correct horse battery"
ADAPTERS = ["plain", "argon2"]
_WEAKER = Argon2Hasher(time_cost=1, memory_cost=1024, parallelism=1)
OUTDATED = {"plain": f"old:{TYPED}", "argon2": _WEAKER.hash(TYPED)}


@pytest.fixture(params=ADAPTERS)
def passwords(request: pytest.FixtureRequest) -> Iterator[Passwords]:
    if request.param == "plain":
        yield PlainPasswords()
        return
    argon2 = Argon2Passwords(threads=1)
    yield argon2
    argon2.close()


@pytest.fixture
def outdated(request: pytest.FixtureRequest) -> PasswordHash:
    """Of TYPED, as it was made in former times."""
    return PasswordHash(OUTDATED[request.node.callspec.params["passwords"]])


async def test_only_the_same_password_verifies(passwords: Passwords) -> None:
    kept = await passwords.hash(Password(TYPED))
    assert await passwords.verify(TYPED, kept)
    assert not await passwords.verify(TYPED.upper(), kept)
    assert not await passwords.verify("", kept)


async def test_nobodys_password_is_never_right(passwords: Passwords) -> None:
    assert not await passwords.verify(TYPED, None)
    assert not await passwords.verify("nobody's password", None)


async def test_what_is_no_hash_verifies_nothing(passwords: Passwords) -> None:
    assert not await passwords.verify(TYPED, PasswordHash(TYPED))


async def test_a_hash_of_today_is_not_renewed(passwords: Passwords) -> None:
    kept = await passwords.hash(Password(TYPED))
    assert await passwords.renewed(TYPED, kept) is None


async def test_an_outdated_hash_verifies_and_is_renewed(
    passwords: Passwords, outdated: PasswordHash
) -> None:
    assert await passwords.verify(TYPED, outdated)
    assert not await passwords.verify("wrong horse", outdated)

    renewed = await passwords.renewed(TYPED, outdated)

    assert renewed is not None and renewed != outdated
    assert await passwords.verify(TYPED, renewed)
    assert await passwords.renewed(TYPED, renewed) is None
