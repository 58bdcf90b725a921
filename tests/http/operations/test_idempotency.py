"""A POST that is sent again with its Idempotency-Key is done once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from dishka import AsyncContainer
from httpx import Response

from adapters.memory.store import Store
from tests.http.conftest import Client, signed_in
from tests.http.identity.test_api_keys import a_key
from tests.http.knowledge.test_documents import POLICY

V1 = "/api/v1"
SEARCH = f"{V1}/search"
KEYS = f"{V1}/auth/api-keys"
KEY = {"idempotency-key": "5f0c1d5e"}
REPLAYED = "idempotency-replayed"
NEW_KEY: dict[str, Any] = {"name": "import", "scopes": ["search"]}


async def conversation(client: Client, headers: dict[str, str], title: str = "One") -> Response:
    return await client.post(f"{V1}/chat/conversations", json={"title": title}, headers=headers)


@asynccontextmanager
async def in_flight(
    client: Client, memory: AsyncContainer, headers: dict[str, str]
) -> AsyncIterator[None]:
    """A request that waits for another's transaction, until who sent it leaves."""
    async with (await memory.get(Store)).turn:
        first = asyncio.create_task(conversation(client, headers))
        await asyncio.sleep(0)  # its turn comes before any other's
        yield
        first.cancel()
        await asyncio.wait([first])


async def test_the_same_request_is_answered_the_same_and_done_once(client: Client) -> None:
    ada = await signed_in(client) | KEY
    first, again = await conversation(client, ada), await conversation(client, ada)
    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    for name in ("content-type", "location", "content-length"):
        assert again.headers[name] == first.headers[name]
    assert REPLAYED not in first.headers
    assert again.headers[REPLAYED] == "true"
    assert again.headers["x-request-id"] != first.headers["x-request-id"]


async def test_without_a_key_or_with_another_it_is_done_again(client: Client) -> None:
    ada = await signed_in(client)
    keys: list[dict[str, str]] = [{}, {}, KEY, {"idempotency-key": "another"}]
    answers = [await conversation(client, ada | key) for key in keys]
    assert len({answer.json()["id"] for answer in answers}) == 4
    assert not any(REPLAYED in answer.headers for answer in answers)


async def test_a_key_is_of_one_body(client: Client) -> None:
    ada = await signed_in(client) | KEY
    await conversation(client, ada)
    other = await conversation(client, ada, "Two")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert REPLAYED in (await conversation(client, ada)).headers


async def test_a_key_is_of_its_user_and_route(client: Client) -> None:
    ada = await signed_in(client) | KEY
    bob = await signed_in(client, "bob@example.org") | KEY
    mine, theirs = await conversation(client, ada), await conversation(client, bob)
    found = await client.post(SEARCH, json={"query": "late"}, headers=ada)
    assert found.status_code == 200
    assert mine.json()["id"] != theirs.json()["id"]
    assert not any(REPLAYED in answer.headers for answer in (theirs, found))


async def test_a_credential_that_opens_less_is_not_told_the_answer(client: Client) -> None:
    ada = await signed_in(client)
    narrow = await a_key(client, ada, "documents") | KEY
    body = {"query": "late"}
    assert (await client.post(SEARCH, json=body, headers=ada | KEY)).status_code == 200
    refused = await client.post(SEARCH, json=body, headers=narrow)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")


async def test_of_those_at_once_one_is_done(client: Client, memory: AsyncContainer) -> None:
    ada = await signed_in(client) | KEY
    async with in_flight(client, memory, ada):
        again = await conversation(client, ada)
        assert (again.status_code, again.json()["code"]) == (409, "request_in_flight")


async def test_a_request_that_broke_off_is_forgotten(
    client: Client, memory: AsyncContainer
) -> None:
    ada = await signed_in(client) | KEY
    for _ in range(2):
        async with in_flight(client, memory, ada):
            assert (await conversation(client, ada)).status_code == 409


async def test_a_secret_is_given_once_and_made_once(client: Client) -> None:
    ada = await signed_in(client)
    first = await client.post(KEYS, json=NEW_KEY, headers=ada | KEY)
    again = await client.post(KEYS, json=NEW_KEY, headers=ada | KEY)
    assert first.status_code == 201
    assert (again.status_code, again.json()["code"]) == (409, "answered_once")
    assert first.json()["key"] not in again.text
    assert len((await client.get(KEYS, headers=ada)).json()) == 1


async def test_what_was_refused_for_good_is_refused_the_same(client: Client) -> None:
    ada = await signed_in(client) | KEY
    first = await client.post(KEYS, json=NEW_KEY | {"scopes": ["admin"]}, headers=ada)
    again = await client.post(KEYS, json=NEW_KEY | {"scopes": ["admin"]}, headers=ada)
    assert (first.status_code, first.json()["code"]) == (422, "scope_not_for_keys")
    assert (again.status_code, again.content) == (422, first.content)
    assert again.headers["content-type"] == "application/problem+json"
    assert again.headers[REPLAYED] == "true"


async def test_what_was_refused_for_now_is_tried_again(client: Client) -> None:
    narrow = await a_key(client, await signed_in(client)) | KEY
    for _ in range(2):
        answer = await client.post(SEARCH, json={"query": "late"}, headers=narrow)
        assert answer.status_code == 403
        assert REPLAYED not in answer.headers
    large = b'{"query":"' + b"x" * 70_000 + b'"}'
    json = {"content-type": "application/json"}
    ada = await signed_in(client) | KEY
    assert (await client.post(SEARCH, content=large, headers=ada | json)).status_code == 413
    assert (await client.post(SEARCH, json={"query": "x"}, headers=ada)).status_code == 200


async def test_a_post_without_a_body_and_an_answer_without_one(client: Client) -> None:
    ada, key = await signed_in(client), KEY
    assert (await client.post(f"{V1}/auth/logout-all", headers=ada | key)).status_code == 204
    ada = await signed_in(client)
    replayed = await client.post(f"{V1}/auth/logout-all", headers=ada | key)
    assert (replayed.status_code, replayed.content) == (204, b"")
    assert replayed.headers[REPLAYED] == "true"
    assert (await client.get(f"{V1}/users/me", headers=ada)).status_code == 200, "not done again"


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\xe9", "a\tb"])
async def test_a_key_is_printable_ascii(client: Client, key: str) -> None:
    ada = await signed_in(client)
    headers = [*ada.items(), ("idempotency-key", key.encode("latin-1"))]
    answer = await client.post(SEARCH, json={"query": "late"}, headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["errors"][0]["pointer"] == "/Idempotency-Key"


async def test_two_keys_are_none(client: Client) -> None:
    ada = await signed_in(client)
    headers = [*ada.items(), ("idempotency-key", "a"), ("idempotency-key", "b")]
    answer = await client.post(SEARCH, json={"query": "late"}, headers=headers)
    assert answer.status_code == 422


async def test_the_longest_key_is_one(client: Client) -> None:
    headers = await signed_in(client) | {"idempotency-key": "~" * 255}
    assert (await client.post(SEARCH, json={"query": "x"}, headers=headers)).status_code == 200
    again = await client.post(SEARCH, json={"query": "x"}, headers=headers)
    assert again.headers[REPLAYED] == "true"


async def test_who_is_unknown_hears_that_first(client: Client) -> None:
    answer = await client.post(SEARCH, json={"query": "late"}, headers={"idempotency-key": ""})
    assert answer.status_code == 401


async def test_uploads_need_no_key_and_ignore_one(client: Client) -> None:
    ada = await signed_in(client) | KEY
    sent = [
        await client.post(f"{V1}/documents/upload", headers=ada, files={"file": ("a.md", text)})
        for text in (POLICY, POLICY, "# Another\n\nSomething else.\n")
    ]
    assert [answer.status_code for answer in sent] == [201, 200, 201]
    assert not any(REPLAYED in answer.headers for answer in sent)


async def test_a_browser_may_send_the_key_and_see_what_was_replayed(client: Client) -> None:
    ada = await signed_in(client) | KEY | {"origin": "http://localhost:3000"}
    for _ in range(2):
        answer = await client.post(SEARCH, json={"query": "late"}, headers=ada)
        assert answer.headers.get_list("access-control-allow-origin") == [ada["origin"]]
    assert "idempotency-replayed" in answer.headers["access-control-expose-headers"].lower()
