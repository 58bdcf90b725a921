"""Versions, retries, batches, and watching: over HTTP."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from litestar import Request
from litestar.response import Stream

from entrypoints.http.sse import Event, streamed
from tests.http.conftest import Client, signed_in
from tests.http.knowledge.test_documents import DOCUMENTS, UPLOAD, file, uploaded

NEW = b"Invoices are shredded at once.\n"


def events(body: str) -> list[dict[str, str]]:
    """The fields of each event; comments are left out."""
    blocks = [block for block in body.split("\n\n") if block and not block.startswith(":")]
    return [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]


@pytest.mark.usefixtures("worker")
async def test_a_document_has_new_bytes(client: Client) -> None:
    ada = await signed_in(client)
    document = await uploaded(client, ada)
    place = f"{DOCUMENTS}/{document}"
    answer = await client.post(f"{place}/versions", headers=ada, files=file(NEW, "new.txt"))
    assert (answer.status_code, answer.headers["location"]) == (201, place)
    assert (answer.json()["version"], answer.json()["served_version"]) == (2, 1)
    assert answer.json()["original_filename"] == "policy.md"

    await client.get(f"{place}/events", headers=ada)
    view = (await client.get(place, headers=ada)).json()
    assert (view["served_version"], view["original_filename"]) == (2, "new.txt")
    assert (await client.get(f"{place}/content", headers=ada)).json()["content"] == NEW.decode()
    again = await client.post(f"{place}/versions", headers=ada, files=file(NEW, "new.txt"))
    assert (again.status_code, again.json()) == (200, view)

    other = (await client.post(UPLOAD, headers=ada, files=file(b"Other.", "other.md"))).json()
    taken = await client.post(
        f"{DOCUMENTS}/{other['id']}/versions", headers=ada, files=file(NEW, "new.txt")
    )
    assert (taken.status_code, taken.json()["code"]) == (409, "document_exists")


@pytest.mark.usefixtures("worker")
async def test_a_bad_version_is_refused(client: Client) -> None:
    ada = await signed_in(client)
    document = await uploaded(client, ada)
    place = f"{DOCUMENTS}/{document}/versions"
    before = (await client.get(f"{DOCUMENTS}/{document}", headers=ada)).json()
    titled = await client.post(place, headers=ada, files=file(NEW, "a.txt"), data={"title": "A"})
    missing = await client.post(place, headers=ada, files={"other": ("a.md", b"text")})
    empty = await client.post(place, headers=ada, files=file(b"", "a.txt"))
    json = await client.post(place, headers=ada, json={})
    statuses = [answer.status_code for answer in (titled, missing, empty, json)]
    assert statuses == [422, 400, 400, 415]
    assert (await client.get(f"{DOCUMENTS}/{document}", headers=ada)).json() == before


@pytest.mark.usefixtures("worker")
async def test_a_failed_document_is_tried_again_once_for_each_key(client: Client) -> None:
    ada = await signed_in(client)
    document = (await client.post(UPLOAD, headers=ada, files=file(b" \n ", "a.md"))).json()["id"]
    place = f"{DOCUMENTS}/{document}"
    last = events((await client.get(f"{place}/events", headers=ada)).text)[-1]
    assert msgspec.json.decode(last["data"])["processing_error"]["code"] == "no_text"

    key = ada | {"idempotency-key": "again"}
    answer = await client.post(f"{place}/retry", headers=key)
    assert (answer.status_code, answer.headers["location"]) == (202, f"{place}/status")
    assert answer.json()["processing_status"] == "pending"
    again = await client.post(f"{place}/retry", headers=key)
    assert (again.status_code, again.json()) == (202, answer.json())
    assert again.headers["idempotency-replayed"] == "true"
    fine = await uploaded(client, ada)
    refused = await client.post(f"{DOCUMENTS}/{fine}/retry", headers=ada)
    assert (refused.status_code, refused.json()["code"]) == (409, "document_not_failed")


@pytest.mark.usefixtures("worker")
async def test_a_batch_tells_of_every_document(client: Client) -> None:
    ada, bob = await signed_in(client), await signed_in(client, "bob@example.org")
    mine, theirs = await uploaded(client, ada), await uploaded(client, bob)
    batch: dict[str, Any] = {"ids": [mine, theirs], "operation": "update_keywords", "add": ["Tax"]}
    key = ada | {"idempotency-key": "batch"}
    for replayed in (None, "true"):
        answer = await client.post(f"{DOCUMENTS}/batch", headers=key, json=batch)
        assert answer.headers.get("idempotency-replayed") == replayed
        assert answer.json() == {
            "done": 1,
            "failed": 1,
            "items": [
                {"id": mine, "done": True, "code": None, "detail": None},
                {
                    "id": theirs,
                    "done": False,
                    "code": "not_found",
                    "detail": "there is no such document",
                },
            ],
        }
    await client.post(
        f"{DOCUMENTS}/batch", headers=ada, json={"ids": [mine], "operation": "delete"}
    )
    assert (await client.get(DOCUMENTS, headers=ada)).json()["items"] == []
    assert len((await client.get(DOCUMENTS, headers=bob)).json()["items"]) == 1


@pytest.mark.parametrize(
    "batch",
    [
        {},
        {"ids": [], "operation": "delete"},
        {"ids": [str(uuid4()) for _ in range(101)], "operation": "delete"},
        {"ids": ["7"], "operation": "delete"},
        {"ids": [str(uuid4())]},
        {"ids": [str(uuid4())], "operation": "publish"},
        {"ids": [str(uuid4())], "operation": "delete", "add": ["x"]},
        {"ids": [str(uuid4())], "operation": "update_keywords", "add": ["x" * 101]},
    ],
)
async def test_a_bad_batch_is_refused(client: Client, batch: dict[str, Any]) -> None:
    ada = await signed_in(client)
    answer = await client.post(f"{DOCUMENTS}/batch", headers=ada, json=batch)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


@pytest.mark.usefixtures("worker")
async def test_a_document_is_watched_until_it_is_read(client: Client) -> None:
    ada = await signed_in(client)
    sent = (await client.post(UPLOAD, headers=ada, files=file())).json()
    place = f"{DOCUMENTS}/{sent['id']}"
    answer = await client.get(f"{place}/events", headers=ada)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    told = events(answer.text)
    assert {event["event"] for event in told} == {"status"}
    assert (
        msgspec.json.decode(told[-1]["data"])
        == (await client.get(f"{place}/status", headers=ada)).json()
    )

    # Who has seen the end is told that there is no more.
    last = told[-1]["id"]
    header = await client.get(f"{place}/events", headers=ada | {"last-event-id": last})
    query = await client.get(f"{place}/events", headers=ada, params={"after": last})
    assert (header.status_code, query.status_code, query.content) == (204, 204, b"")
    first = await client.get(f"{place}/events", headers=ada, params={"after": told[0]["id"]})
    assert events(first.text)[-1] == told[-1]


async def test_what_cannot_be_watched_is_a_problem(client: Client) -> None:
    ada, bob = await signed_in(client), await signed_in(client, "bob@example.org")
    document = (await client.post(UPLOAD, headers=ada, files=file())).json()["id"]
    answer = await client.get(f"{DOCUMENTS}/{document}/events", headers=bob)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await client.get(f"{DOCUMENTS}/{document}/events")).status_code == 401


async def body(events: AsyncGenerator[Event], **times: float) -> list[str | bytes]:
    scope: Any = {"type": "http", "headers": []}
    answer = await streamed(Request(scope), events, **times)
    assert isinstance(answer, Stream)
    assert isinstance(answer.iterator, AsyncIterator)
    return [piece async for piece in answer.iterator]


async def test_a_silent_stream_says_that_it_lives_and_a_long_one_ends() -> None:
    closed = asyncio.Event()

    async def silent() -> AsyncGenerator[Event]:
        try:
            yield Event("word", "first", "1")
            await asyncio.Event().wait()
        finally:
            closed.set()

    told = await body(silent(), beat=0.001, longest=0.02)
    assert told[0] == b'id: 1\nevent: word\ndata: "first"\n\n'
    assert set(told[1:]) == {b":\n\n"}
    assert closed.is_set()


async def test_a_client_that_goes_away_closes_the_stream_at_once() -> None:
    closed = asyncio.Event()

    async def silent() -> AsyncGenerator[Event]:
        try:
            yield Event("word", "first")
            await asyncio.Event().wait()
        finally:
            closed.set()

    reading = asyncio.create_task(body(silent()))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert closed.is_set()


async def test_a_line_break_in_data_breaks_no_event() -> None:
    async def one() -> AsyncGenerator[Event]:
        yield Event("word", "a\n\ndata: b\r")

    assert await body(one()) == [b'event: word\ndata: "a\\n\\ndata: b\\r"\n\n']


@pytest.mark.usefixtures("worker")
async def test_a_list_is_asked_for_by_what_is_said_of_documents(client: Client) -> None:
    ada = await signed_in(client)
    said = {"category": "policy", "jurisdiction": "DE", "keywords": "Tax"}
    one = (await client.post(UPLOAD, headers=ada, files=file(), data=said)).json()["id"]
    await client.post(UPLOAD, headers=ada, files=file(b"Other.", "other.txt"))
    for asked, expected in [
        ({"category": "policy"}, [one]),
        ({"jurisdiction": "de", "keyword": "TAX"}, [one]),
        ({"file_type": "md", "text": "POLICY"}, [one]),
        ({"category": "brief"}, []),
        ({"sort": "title", "size": "2", "keyword": "tax"}, [one]),
    ]:
        answer = await client.get(DOCUMENTS, headers=ada, params=asked)
        assert [item["id"] for item in answer.json()["items"]] == expected, asked
    bare = await client.get(DOCUMENTS, headers=ada, params={"skip": 1, "limit": 1})
    assert [item["id"] for item in bare.json()] == [one]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"status": "lost"}, "invalid"),
        ({"category": "novel"}, "invalid"),
        ({"sort": "size"}, "invalid"),
        ({"text": "x" * 101}, "invalid"),
        ({"skip": "1", "size": "5"}, "invalid"),
        ({"limit": "101"}, "invalid"),
        ({"text": "a\x00b"}, "invalid"),
        ({"sort": "title", "after": str(uuid4())}, "cursor_gone"),
    ],
)
async def test_a_bad_list_is_refused(client: Client, asked: dict[str, str], code: str) -> None:
    ada = await signed_in(client)
    answer = await client.get(DOCUMENTS, headers=ada, params=asked)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
