"""HEAD is GET without the content, on every route."""

import asyncio
from typing import Any

import pytest

from entrypoints.http.head import headed
from tests.http.conftest import Client, signed_in
from tests.security.conftest import operations

ITS_OWN = {"x-request-id", "server-timing", "date", "ratelimit"}  # headers of one answer
SHOWN = [path for method, path, _ in operations() if method == "GET" and "{" not in path]


@pytest.mark.parametrize("path", SHOWN)
async def test_head_says_what_get_would(client: Client, path: str) -> None:
    headers = await signed_in(client)
    got, head = [await client.request(method, path, headers=headers) for method in ("GET", "HEAD")]
    assert (head.status_code, head.content) == (got.status_code, b"")
    said = [{k: v for k, v in answer.headers.items() if k not in ITS_OWN} for answer in (got, head)]
    assert said[0] == said[1]


async def test_a_failure_has_no_content_either(client: Client) -> None:
    for path, status in (("/api/v1/users/me", 401), ("/nowhere", 404)):
        answer = await client.head(path)
        assert (answer.status_code, answer.content) == (status, b"")
        assert answer.headers["content-type"] == "application/problem+json"


async def test_where_there_is_no_get_there_is_no_head(client: Client) -> None:
    answer = await client.head("/api/v1/auth/login")
    assert (answer.status_code, answer.content) == (405, b"")
    assert "GET" not in answer.headers["allow"]
    other = await client.delete("/api/v1/health")
    assert {"GET", "HEAD"} <= set(other.headers["allow"].split(", "))


async def test_a_stream_ends_with_its_head() -> None:
    """It would go on until its reader leaves."""
    sent: list[Any] = []

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        assert scope["method"] == "GET"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while (await receive())["type"] != "http.disconnect":
            await send({"type": "http.response.body", "body": b"more", "more_body": True})

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    await headed(endless)({"type": "http", "method": "HEAD"}, receive, send)  # type: ignore[arg-type]
    assert [message.get("body") for message in sent] == [None, b""]
    assert not sent[-1]["more_body"]
