import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from dishka import AsyncContainer
from httpx import ASGITransport, AsyncClient

from adapters.memory.store import Store
from adapters.memory.worker import drain
from entrypoints.http.app import create_app
from entrypoints.settings import Settings

type Client = AsyncClient

CREDENTIALS = {"email": "ada@example.org", "password": "correct horse battery"}


@pytest.fixture
async def client(memory: AsyncContainer, settings: Settings) -> AsyncIterator[Client]:
    """In this event loop: Litestar's own test client would stop it while it waits."""
    transport = ASGITransport(create_app(memory, settings))  # type: ignore[arg-type]
    async with AsyncClient(transport=transport, base_url="http://colonnade") as client:
        yield client


@pytest.fixture
async def worker(memory: AsyncContainer) -> AsyncIterator[None]:
    """Runs what follows each fact, as a job worker does."""
    store = await memory.get(Store)

    async def follower(kind: type) -> Any:
        async with memory() as request:
            return await request.get(kind)

    async def work() -> None:
        while True:
            await drain(store, follower)
            await asyncio.sleep(0.001)

    task = asyncio.create_task(work())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task  # what went wrong in it is the test's failure


async def signed_in(client: Client, email: str = CREDENTIALS["email"]) -> dict[str, str]:
    """The headers of a fresh account."""
    account = CREDENTIALS | {"email": email}
    await client.post("/api/v1/auth/register", json=account)
    login = (await client.post("/api/v1/auth/login", json=account)).json()
    return {"authorization": f"Bearer {login['access_token']}"}
