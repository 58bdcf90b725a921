from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from dishka import AsyncContainer
from httpx import ASGITransport, AsyncClient

from adapters.memory.store import Store
from domain.identity.audit import Entry
from entrypoints.container import in_memory
from entrypoints.http.app import create_app
from entrypoints.http.inject import OfRequest
from entrypoints.settings import Settings
from tests.oidc_provider.process import BASE, PLAIN, ProviderProcess, ProvidersOf, running

ROUTES = "/api/v1/auth/oauth"


@pytest.fixture(scope="session")
def process() -> Iterator[ProviderProcess]:
    with running() as process:
        yield process


@pytest.fixture
def provider(process: ProviderProcess) -> ProviderProcess:
    process.will()
    return process


@pytest.fixture
async def memory(settings: Settings, provider: ProviderProcess) -> AsyncIterator[AsyncContainer]:
    container = in_memory(settings, OfRequest(), ProvidersOf(provider))
    yield container
    await container.close()


@dataclass
class Browser:
    """Follows redirects between us and the provider, and keeps our cookies."""

    app: AsyncClient

    async def start(self, provider: str = "oidc", **more: Any) -> str:
        """The provider's page."""
        answer = await self.app.get(f"{ROUTES}/{provider}/start", **more)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    async def agree(self, page: str) -> str:
        """Where the provider sends us, as a path of ours."""
        async with AsyncClient(verify=PLAIN) as outside:
            answer = await outside.get(page)
        parts = urlsplit(answer.headers["location"])
        assert f"{parts.scheme}://{parts.netloc}" == BASE
        return f"{parts.path}?{parts.query}"

    async def sign_in(self, provider: str = "oidc", **more: Any) -> httpx.Response:
        return await self.app.get(await self.agree(await self.start(provider, **more)))


@asynccontextmanager
async def a_browser(memory: AsyncContainer, settings: Settings) -> AsyncIterator[Browser]:
    """A fresh one, without cookies."""
    transport = ASGITransport(create_app(memory, settings))  # type: ignore[arg-type]
    async with AsyncClient(transport=transport, base_url=BASE) as client:
        yield Browser(client)


@pytest.fixture
async def browser(memory: AsyncContainer, settings: Settings) -> AsyncIterator[Browser]:
    async with a_browser(memory, settings) as browser:
        yield browser


@pytest.fixture
async def other_browser(memory: AsyncContainer, settings: Settings) -> AsyncIterator[Browser]:
    async with a_browser(memory, settings) as browser:
        yield browser


async def audited(memory: AsyncContainer) -> list[tuple[str, str]]:
    """Actions and outcomes, oldest first, besides that sessions were opened."""
    entries = (await memory.get(Store)).table(Entry).values()
    ordered = sorted(entries, key=lambda entry: entry.number)
    return [
        (entry.event.action, str(entry.event.outcome))
        for entry in ordered
        if entry.event.action != "session.opened"
    ]


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def bearer(login: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {login['access_token']}"}
