"""A question that is sent again, by its name or by an Idempotency-Key, is asked once."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest
from dishka import AsyncContainer

from adapters.memory.store import Store
from domain.conversations.message import Message
from entrypoints.http.conversations import asking
from tests.http.conftest import Client, signed_in
from tests.http.conversations.test_conversations import CONVERSATIONS, a_conversation
from tests.http.knowledge.test_documents import uploaded
from tests.pipeline import drain

ASKED = "How long are invoices kept?"
CHAT = "/api/v1/chat/chat"
COMPLETIONS = "/v1/chat/completions"
KEY = {"idempotency-key": "5f0c1d5e"}
STREAM = {"accept": "text/event-stream"}
COMPLETION = {"model": "extractive", "messages": [{"role": "user", "content": ASKED}]}


async def kept(memory: AsyncContainer) -> list[Message]:
    return list((await memory.get(Store)).table(Message).values())


async def until_asked(memory: AsyncContainer) -> None:
    async with asyncio.timeout(10):
        messages = await kept(memory)
        while not messages:
            await asyncio.sleep(0)  # the asker's turn
            messages = await kept(memory)


def ended(stream: str) -> dict[str, Any]:
    """The message that a stream ends with."""
    last = [line for line in stream.splitlines() if line.startswith("data: ")][-1]
    message: dict[str, Any] = msgspec.json.decode(last.removeprefix("data: "))
    return message


async def test_a_wait_that_was_cut_off_goes_on_when_it_is_sent_again(
    client: Client, memory: AsyncContainer
) -> None:
    ada = await signed_in(client) | KEY
    waiting = asyncio.create_task(client.post(CHAT, headers=ada, json={"content": ASKED}))
    await until_asked(memory)
    waiting.cancel()
    await asyncio.wait([waiting])
    await drain(memory)
    again = await client.post(CHAT, headers=ada, json={"content": ASKED})
    assert (again.status_code, again.json()["message"]["status"]) == (200, "complete")
    assert len(await kept(memory)) == 2


async def test_who_had_no_patience_is_given_the_answer_when_it_is_sent_again(
    client: Client, memory: AsyncContainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await signed_in(client) | KEY
    monkeypatch.setattr(asking, "_PATIENCE", 0.01)
    first = await client.post(CHAT, headers=ada, json={"content": ASKED})
    assert (first.status_code, first.json()["message"]["status"]) == (202, "pending")
    await drain(memory)
    again = await client.post(CHAT, headers=ada, json={"content": ASKED})
    assert (again.status_code, again.json()["message"]["status"]) == (200, "complete")
    assert again.json()["message"]["id"] == first.json()["message"]["id"]


@pytest.mark.usefixtures("worker")
async def test_a_stream_and_a_wait_with_one_key_tell_of_one_answer(
    client: Client, memory: AsyncContainer
) -> None:
    ada = await signed_in(client) | KEY
    await uploaded(client, ada)
    body = {"content": ASKED}
    streamed = [await client.post(CHAT, headers=ada | STREAM, json=body) for _ in range(2)]
    waited = [await client.post(CHAT, headers=ada, json=body) for _ in range(2)]
    ends = [ended(one.text) for one in streamed] + [one.json()["message"] for one in waited]
    assert ends[0]["content"] == "Invoices are kept for ten years."
    assert ends == [ends[0]] * 4
    assert len(await kept(memory)) == 2


@pytest.mark.usefixtures("worker")
async def test_a_key_is_one_in_a_conversation_too(client: Client) -> None:
    ada = await signed_in(client)
    place = f"{CONVERSATIONS}/{(await a_conversation(client, ada))['id']}/messages"
    body = {"content": ASKED}
    first = (await client.post(place, headers=ada | KEY, json=body)).json()
    streamed = ended((await client.post(place, headers=ada | KEY | STREAM, json=body)).text)
    again = (await client.post(place, headers=ada | KEY, json=body)).json()
    assert first["answer"]["id"] == streamed["id"] == again["answer"]["id"]
    assert again["question"] == first["question"]
    assert again["answer"] == streamed


@pytest.mark.usefixtures("worker")
async def test_chat_programs_are_answered_once(client: Client, memory: AsyncContainer) -> None:
    ada = await signed_in(client) | KEY
    await uploaded(client, ada)
    streams = [
        await client.post(COMPLETIONS, headers=ada, json=COMPLETION | {"stream": True})
        for _ in range(2)
    ]
    whole = await client.post(COMPLETIONS, headers=ada, json=COMPLETION)
    assert streams[0].content == streams[1].content
    assert "Invoices are kept for ten years." in whole.json()["choices"][0]["message"]["content"]
    assert whole.json()["id"] in streams[0].text
    assert len(await kept(memory)) == 2


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("path", "body", "others"),
    [
        (
            CHAT,
            {"content": ASKED},
            [{"content": "Else?"}, {"model": "extractive"}, {"kind": "general"}],
        ),
        (
            COMPLETIONS,
            COMPLETION,
            [{"messages": [{"role": "user", "content": "Else?"}]}],
        ),
    ],
)
@pytest.mark.parametrize("accept", [{}, STREAM])
async def test_a_key_is_of_one_question(
    client: Client, path: str, body: Any, others: list[Any], accept: dict[str, str]
) -> None:
    ada = await signed_in(client) | KEY
    await client.post(path, headers=ada, json=body)
    for other in others:
        refused = await client.post(path, headers=ada | accept, json=body | other)
        assert refused.status_code == 422, refused.text
        assert "idempotency_key_reused" in refused.text


@pytest.mark.usefixtures("worker")
async def test_a_name_is_of_one_question_wherever_it_is_asked(client: Client) -> None:
    ada = await signed_in(client)
    document = await uploaded(client, ada)
    body = {"content": ASKED, "client_message_id": "m-1"}
    first = (await client.post(CHAT, headers=ada, json=body)).json()
    here = {"conversation_id": first["conversation_id"]}
    for other in (here, {"document_ids": [document]}, {"model": "extractive"}):
        refused = await client.post(CHAT, headers=ada, json=body | other)
        assert (refused.status_code, refused.json()["code"]) == (409, "already_asked"), other
    under = await client.post(
        f"{CONVERSATIONS}/{here['conversation_id']}/messages", headers=ada, json=body
    )
    assert (under.status_code, under.json()["code"]) == (409, "already_asked")
    assert (await client.post(CHAT, headers=ada, json=body)).json() == first


@pytest.mark.usefixtures("worker")
async def test_the_name_comes_before_the_key(client: Client) -> None:
    ada = await signed_in(client) | KEY
    for name in ("m-1", "m-2"):
        body = {"content": ASKED, "client_message_id": name}
        answer = await client.post(CHAT, headers=ada, json=body)
        question = (
            await client.get(
                f"/api/v1/messages/{answer.json()['message']['parent_id']}", headers=ada
            )
        ).json()
        assert question["client_message_id"] == name


@pytest.mark.usefixtures("worker")
async def test_what_was_asked_in_a_deleted_conversation_is_neither_read_nor_asked_again(
    client: Client, memory: AsyncContainer
) -> None:
    ada = await signed_in(client)
    await uploaded(client, ada)
    for sent, key in (({"client_message_id": "m-1"}, {}), ({}, KEY)):
        body = {"content": ASKED} | sent
        first = await client.post(CHAT, headers=ada | key, json=body)
        place = f"{CONVERSATIONS}/{first.json()['conversation_id']}"
        assert (await client.delete(place, headers=ada)).status_code == 204
        before = len(await kept(memory))
        again = await client.post(CHAT, headers=ada | key, json=body)
        assert (again.status_code, again.json()["code"]) == (404, "not_found")
        assert "ten years" not in again.text
        assert len(await kept(memory)) == before


async def test_of_one_session_sent_twice_at_once_there_is_one(
    client: Client, memory: AsyncContainer
) -> None:
    ada = await signed_in(client) | KEY
    body = {"content": ASKED, "session_id": "tab-1"}
    asked = [asyncio.create_task(client.post(CHAT, headers=ada, json=body)) for _ in range(4)]
    await until_asked(memory)
    await drain(memory)
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize("path", [CHAT, f"{CONVERSATIONS}/{UUID(int=7)}/messages", COMPLETIONS])
async def test_a_key_that_is_none_is_refused(client: Client, path: str) -> None:
    body = COMPLETION if path == COMPLETIONS else {"content": ASKED}
    ada = await signed_in(client) | {"idempotency-key": "x" * 256}
    refused = await client.post(path, headers=ada, json=body)
    assert refused.status_code in (400, 422)
    assert "Idempotency-Key" in refused.text
