import pytest
from dishka import AsyncContainer

from application.identity.ports import Users
from domain.shared.ids import UserId
from tests.contract.identity.test_users import a_user


@pytest.fixture
async def ada(world: AsyncContainer) -> UserId:
    return await an_owner(world, "ada@example.org")


@pytest.fixture
async def bob(world: AsyncContainer) -> UserId:
    return await an_owner(world, "bob@example.org")


async def an_owner(world: AsyncContainer, email: str) -> UserId:
    user = await a_user(world, email)
    async with world() as request:
        await (await request.get(Users)).add(user)
    return user.id
