"""What a user may do only so often."""

from collections.abc import AsyncIterator

import msgspec
import pytest
from dishka import AsyncContainer
from httpx import ASGITransport, AsyncClient
from litestar.handlers import HTTPRouteHandler

from entrypoints.container import in_memory
from entrypoints.http.app import create_app
from entrypoints.http.idempotency import STREAMS
from entrypoints.http.inject import OfRequest
from entrypoints.http.metering import METERED
from entrypoints.settings import Settings
from tests.http.conftest import Client, signed_in

SEARCH, UPLOAD = "/api/v1/search", "/api/v1/documents/upload"
QUERY = {"query": "invoices"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, uploads_per_hour=2, searches_per_minute=2)


async def test_searches_are_counted_and_every_answer_tells_what_is_left(client: Client) -> None:
    ada, bob = await signed_in(client), await signed_in(client, "bob@example.org")
    for left in (1, 0):
        answer = await client.post(SEARCH, headers=ada, json=QUERY)
        assert answer.status_code == 200
        assert answer.headers["ratelimit-policy"] == '"searches";q=2;w=60'
        what, remaining, renews = answer.headers["ratelimit"].split(";")
        assert (what, remaining) == ('"searches"', f"r={left}")
        assert 0 < int(renews.removeprefix("t=")) <= 60
    refused = await client.post(SEARCH, headers=ada, json=QUERY)
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")
    assert refused.headers["ratelimit"].startswith('"searches";r=0;t=')
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert (await client.post(SEARCH, headers=bob, json=QUERY)).status_code == 200


async def test_uploads_are_counted_before_their_body_is_read(client: Client) -> None:
    ada = await signed_in(client)
    for number in range(2):
        file = {"file": (f"{number}.txt", f"text {number}".encode())}
        answer = await client.post(UPLOAD, headers=ada, files=file)
        assert answer.headers["ratelimit-policy"] == '"uploads";q=2;w=3600'
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        read += 1
        yield b"x"

    form = ada | {"content-type": "multipart/form-data; boundary=x"}
    refused = await client.post(UPLOAD, headers=form, content=body())
    assert (refused.status_code, read) == (429, 0)
    picture = {"file": ("a.png", b"\x89PNG\r\n\x1a\n")}
    avatar = await client.put("/api/v1/users/me/avatar", headers=ada, files=picture)
    assert avatar.status_code == 429, "an avatar is an upload too"
    assert (await client.post(SEARCH, headers=ada, json=QUERY)).status_code == 200


async def test_what_is_not_counted_says_nothing_of_it(client: Client) -> None:
    ada = await signed_in(client)
    answer = await client.get("/api/v1/users/me", headers=ada)
    assert "ratelimit" not in answer.headers
    anonymous = await client.post(SEARCH, json=QUERY)
    assert (anonymous.status_code, "ratelimit" in anonymous.headers) == (401, False)


async def test_0_turns_a_quota_off(settings: Settings) -> None:
    settings = msgspec.structs.replace(settings, searches_per_minute=0)
    container = in_memory(settings, OfRequest())
    transport = ASGITransport(create_app(container, settings))  # type: ignore[arg-type]
    async with AsyncClient(transport=transport, base_url="http://colonnade") as client:
        ada = await signed_in(client)
        for _ in range(4):
            answer = await client.post(SEARCH, headers=ada, json=QUERY)
            assert answer.status_code == 200
            assert "ratelimit" not in answer.headers
    await container.close()


async def test_every_route_whose_body_streams_is_counted(
    memory: AsyncContainer, settings: Settings
) -> None:
    app = create_app(memory, settings)
    handlers = [h for route in app.routes for h in getattr(route, "route_handlers", [])]
    streaming = [h for h in handlers if isinstance(h, HTTPRouteHandler) and STREAMS in h.opt]
    assert streaming
    assert all(METERED in handler.opt for handler in streaming)
