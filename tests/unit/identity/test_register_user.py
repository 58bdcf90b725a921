from datetime import UTC, datetime
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.identity.security import PlainPasswords
from adapters.memory.identity.users import MemoryUsers
from adapters.memory.store import MemoryTransaction, Store
from adapters.system import SystemSecrets
from application.identity.users import RegisterUser, Registration
from domain.identity.user import EmailTaken, InvalidEmail, Password, User, WeakPassword, email

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class FixedClock:
    def now(self) -> datetime:
        return NOON


class CountingIds:
    def __init__(self) -> None:
        self._numbers = count(1)

    def next(self) -> UUID:
        return UUID(int=next(self._numbers))


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def register(store: Store) -> RegisterUser:
    transaction = MemoryTransaction(store)
    return RegisterUser(
        users=MemoryUsers(store),
        passwords=PlainPasswords(),
        clock=FixedClock(),
        ids=CountingIds(),
        secrets=SystemSecrets(),
        outbox=transaction,
        transaction=transaction,
    )


ADA = Registration(email="Ada@Example.org", password="correct horse battery", full_name="Ada")


async def test_a_registered_user_is_kept(register: RegisterUser, store: Store) -> None:
    ada = await register(ADA)

    user = store.table(User)[ada.id, ada.id]
    assert user.email == "ada@example.org"
    assert user.created_at == NOON
    assert not user.is_admin


async def test_registering_is_a_fact_that_others_may_follow(
    register: RegisterUser, store: Store
) -> None:
    ada = await register(ADA)

    (event,) = store.events
    assert getattr(event, "user_id", None) == ada.id


async def test_an_email_registers_once(register: RegisterUser, store: Store) -> None:
    await register(ADA)

    with pytest.raises(EmailTaken):
        await register(ADA)

    assert len(store.table(User)) == len(store.events) == 1


async def test_a_short_password_is_refused(register: RegisterUser) -> None:
    with pytest.raises(WeakPassword):
        await register(Registration(email="a@b.cd", password="short"))


def test_a_password_is_not_printed() -> None:
    assert "secret" not in repr(Password("secret words"))


def test_an_accent_may_be_typed_in_two_ways() -> None:
    assert Password("cafe\u0301 au lait") == Password("caf\u00e9 au lait")


@given(st.emails())
def test_an_email_has_one_normal_form(text: str) -> None:
    try:
        normal = email(text)
    except InvalidEmail:
        return
    assert email(normal) == normal
