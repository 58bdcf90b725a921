"""What of an answer is kept for those who ask again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from adapters.memory.replays import MemoryReplays
from application.operations.replays import Answer, AnsweredOnce, Attempt, RequestInFlight
from domain.shared.errors import Unavailable
from domain.shared.ids import UserId
from entrypoints.http.idempotency import Recording

ATTEMPT = Attempt(UserId(UUID(int=1)), "/things", "a key", b"f", datetime(2026, 1, 1, tzinfo=UTC))
JSON = (b"content-type", b"application/json")
PRIVATE = [(b"cache-control", b"private, no-store"), (b"set-cookie", b"a=b")]


class Away(MemoryReplays):
    async def keep(self, attempt: Attempt, answer: Answer) -> None:
        raise Unavailable("the database does not answer", timedelta(seconds=2))


async def recorded(
    replays: MemoryReplays, status: int, *headers: tuple[bytes, bytes], more: bool = False
) -> list[Any]:
    """What goes out, when the app answers this."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    recording = Recording([b"a key"], send)
    assert await recording.begin(replays, ATTEMPT) is None
    await recording.send(
        {"type": "http.response.start", "status": status, "headers": [JSON, *headers]}
    )
    chunks: list[Any] = [
        {"type": "http.response.body", "body": b"one", "more_body": more},
        *([{"type": "http.response.body", "body": b"two", "more_body": False}] if more else []),
    ]
    for chunk in chunks:
        await recording.send(chunk)
    await recording.end()
    return sent


@pytest.mark.parametrize("status", [200, 201, 202, 400, 404, 409, 415, 422])
async def test_what_is_final_is_kept(status: int) -> None:
    replays = MemoryReplays()
    await recorded(replays, status, (b"location", b"/things/1"), (b"server", b"x"))
    headers = {"content-type": "application/json", "location": "/things/1"}
    assert await replays.begin(ATTEMPT) == Answer(status, headers, b"one")


@pytest.mark.parametrize("status", [303, 401, 403, 408, 413, 429, 500, 503])
async def test_what_may_be_otherwise_next_time_is_forgotten(status: int) -> None:
    replays = MemoryReplays()
    await recorded(replays, status)
    assert await replays.begin(ATTEMPT) is None


@pytest.mark.parametrize("header", PRIVATE)
async def test_a_secret_is_not_kept(header: tuple[bytes, bytes]) -> None:
    replays = MemoryReplays()
    await recorded(replays, 201, header)
    with pytest.raises(AnsweredOnce):
        await replays.begin(ATTEMPT)


async def test_a_stream_goes_through_and_is_forgotten() -> None:
    replays = MemoryReplays()
    sent = await recorded(replays, 200, more=True)
    assert [message.get("body") for message in sent] == [None, b"one", b"two"]
    assert await replays.begin(ATTEMPT) is None


async def test_an_answer_goes_out_that_cannot_be_kept() -> None:
    replays = Away()
    sent = await recorded(replays, 201)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    with pytest.raises(RequestInFlight):
        await replays.begin(replace(ATTEMPT, at=ATTEMPT.at + timedelta(seconds=1)))


async def test_an_answer_is_kept_before_anybody_hears_it() -> None:
    replays = MemoryReplays()

    async def send(message: Any) -> None:
        assert await replays.begin(ATTEMPT) is not None

    recording = Recording([b"a key"], send)
    await recording.begin(replays, ATTEMPT)
    await recording.send({"type": "http.response.start", "status": 200, "headers": [JSON]})
    await recording.send({"type": "http.response.body", "body": b"one", "more_body": False})
