from collections.abc import AsyncIterator

import pytest
from dishka import AsyncContainer
from litestar.testing import AsyncTestClient

from entrypoints.http.app import create_app
from entrypoints.settings import Settings

type Client = AsyncTestClient


@pytest.fixture
async def client(memory: AsyncContainer, settings: Settings) -> AsyncIterator[Client]:
    async with AsyncTestClient(create_app(memory, settings)) as client:
        yield client
