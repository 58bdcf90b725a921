"""What every Transaction promises."""

import pytest
from dishka import AsyncContainer

from application.identity.ports import Users
from application.shared.ports import Ids, Outbox, Transaction
from domain.identity.events import UserRegistered
from domain.shared.errors import NotFound
from tests.contract.identity.test_users import a_user


async def test_a_transaction_does_not_nest(world: AsyncContainer) -> None:
    async with world() as request:
        transaction = await request.get(Transaction)
        with pytest.raises(RuntimeError):
            async with transaction, transaction:
                pass


async def test_a_failed_transaction_keeps_nothing(world: AsyncContainer) -> None:
    user = await a_user(world)
    async with world() as request:
        users, transaction = await request.get(Users), await request.get(Transaction)
        with pytest.raises(ZeroDivisionError):
            async with transaction:
                await users.add(user)
                raise ZeroDivisionError
        with pytest.raises(NotFound):
            await users.get(user.id)


async def test_a_rollback_leaves_the_writes_of_others(world: AsyncContainer) -> None:
    ada = await a_user(world)
    async with world() as mine, world() as other:
        with pytest.raises(ZeroDivisionError):
            async with await mine.get(Transaction):
                raise ZeroDivisionError
        async with await other.get(Transaction):
            await (await other.get(Users)).add(ada)
        assert await (await mine.get(Users)).get(ada.id) == ada


async def test_a_fact_needs_the_transaction_that_makes_it_true(world: AsyncContainer) -> None:
    ids = await world.get(Ids)
    user = await a_user(world)
    async with world() as request:
        outbox = await request.get(Outbox)
        with pytest.raises(RuntimeError):
            await outbox.publish(UserRegistered(ids.next(), user.id))
