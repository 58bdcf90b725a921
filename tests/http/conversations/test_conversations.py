"""The routes around an answer, over the memory container."""

from typing import Any
from uuid import uuid4

import msgspec
import pytest
from dishka import AsyncContainer

from adapters.memory.store import Store
from domain.conversations.message import Message
from tests.http.conftest import Client, signed_in
from tests.http.knowledge.test_documents import uploaded

ASKED = "How long are invoices kept?"
CONVERSATIONS = "/api/v1/chat/conversations"


async def a_conversation(client: Client, ada: dict[str, str], **new: Any) -> dict[str, Any]:
    made = await client.post(CONVERSATIONS, headers=ada, json={"title": "Retention"} | new)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    assert made.headers["location"] == f"{CONVERSATIONS}/{found['id']}"
    return found


async def test_a_conversation_is_made_shown_changed_and_deleted(client: Client) -> None:
    ada = await signed_in(client)
    made = await a_conversation(client, ada, session_id="tab-1", metadata={"colour": "blue"})
    place = f"{CONVERSATIONS}/{made['id']}"
    assert (await client.get(place, headers=ada)).json() == made
    change = {"title": "Archive", "is_archived": True}
    changed = (await client.patch(place, headers=ada, json=change)).json()
    assert changed == made | change | {"updated_at": changed["updated_at"]}
    assert (await client.get(CONVERSATIONS, headers=ada)).json()["items"] == []
    listed = await client.get(CONVERSATIONS, headers=ada, params={"archived": True, "limit": 5})
    assert listed.json() == [changed]
    taken = await client.post(CONVERSATIONS, headers=ada, json={"session_id": "tab-1"})
    assert (taken.status_code, taken.json()["code"]) == (409, "session_taken")
    assert (await client.delete(place, headers=ada)).status_code == 204
    for path in (place, f"{place}/messages"):
        assert (await client.get(path, headers=ada)).status_code == 404
    asked = await client.post(f"{place}/messages", headers=ada, json={"content": ASKED})
    assert asked.status_code == 404


@pytest.mark.usefixtures("worker")
async def test_older_clients_call_conversations_sessions(client: Client) -> None:
    ada = await signed_in(client)
    body = {"session_type": "check_in", "initial_message": "I slept badly."}
    made = await client.post("/api/v1/chat/sessions", headers=ada, json=body)
    assert made.status_code == 201
    session = made.json()
    assert (session["kind"], session["session_type"]) == ("check_in", "check_in")
    place = f"/api/v1/chat/sessions/{session['id']}"
    assert (await client.get(place, headers=ada)).json()["id"] == session["id"]
    named = await client.patch(place, headers=ada, json={"title": "Sleep"})
    assert named.json()["title"] == "Sleep"
    document = await uploaded(client, ada)
    chosen = await client.put(f"{place}/documents", headers=ada, json={"document_ids": [document]})
    assert chosen.json()["document_ids"] == [document]
    sent = await client.post(f"{place}/messages", headers=ada, json={"content": "And you?"})
    assert sent.status_code == 201
    told = await client.get(f"/api/v1/messages/{sent.json()['answer']['id']}/events", headers=ada)
    assert "event: message.completed" in told.text
    said = (await client.get(f"{place}/messages", headers=ada, params={"limit": 10})).json()
    assert [one["role"] for one in said] == ["user", "assistant"] * 2
    assert said[0]["content"] == "I slept badly."
    shown = (await client.get(place, headers=ada)).json()
    assert shown["messages"] == said
    assert (shown["message_count"], shown["last_message_at"]) == (4, said[-1]["created_at"])
    assert (await client.delete(place, headers=ada)).status_code == 204


@pytest.mark.usefixtures("worker")
async def test_a_question_is_kept_at_once_and_its_answer_watched(client: Client) -> None:
    ada = await signed_in(client)
    document = await uploaded(client, ada)
    place = f"{CONVERSATIONS}/{(await a_conversation(client, ada))['id']}"
    attached = await client.put(
        f"{place}/documents", headers=ada, json={"document_ids": [document]}
    )
    assert attached.json()["document_ids"] == [document]
    body = {"content": ASKED, "client_message_id": "m-1"}
    sent = await client.post(f"{place}/messages", headers=ada, json=body)
    assert sent.status_code == 201
    question, answer = sent.json()["question"], sent.json()["answer"]
    assert (question["content"], answer["status"]) == (ASKED, "pending")
    assert sent.headers["location"] == f"/api/v1/messages/{answer['id']}"
    again = await client.post(f"{place}/messages", headers=ada, json=body)
    assert again.json()["answer"]["id"] == answer["id"]
    other = await client.post(f"{place}/messages", headers=ada, json=body | {"content": "Else?"})
    assert (other.status_code, other.json()["code"]) == (409, "already_asked")

    events = await client.get(f"{sent.headers['location']}/events", headers=ada)
    names = [line[7:] for line in events.text.splitlines() if line.startswith("event: ")]
    assert names == [
        "message.created",
        "retrieval.completed",
        "text.delta",
        "citation.added",
        "usage",
        "message.completed",
    ]
    shown = (await client.get(sent.headers["location"], headers=ada)).json()
    last = [line for line in events.text.splitlines() if line.startswith("data: ")][-1]
    assert msgspec.json.decode(last.removeprefix("data: ")) == shown
    for after, status in (("6", 204), ("end", 204), ("five", 422), ("5", 200)):
        told = await client.get(
            f"{sent.headers['location']}/events", headers=ada, params={"after": after}
        )
        assert told.status_code == status, after
    newest = (await client.get(f"{place}/messages", headers=ada, params={"size": 1})).json()
    assert ([one["id"] for one in newest["items"]], newest["next"]) == (
        [answer["id"]],
        answer["id"],
    )
    found = await client.get("/api/v1/chat/messages", headers=ada, params={"q": "invoices kept"})
    assert {one["id"] for one in found.json()["items"]} == {question["id"], answer["id"]}


@pytest.mark.parametrize(
    ("field", "body"),
    [("kind", {"kind": "general"}), ("session_id", {"session_id": "tab-2"})],
)
async def test_a_question_agrees_with_its_conversation(
    client: Client, memory: AsyncContainer, field: str, body: dict[str, str]
) -> None:
    ada = await signed_in(client)
    made = await a_conversation(client, ada, session_id="tab-1")
    question = {"content": ASKED, "conversation_id": made["id"]}
    refused = await client.post("/api/v1/chat/chat", headers=ada, json=question | body)
    assert (refused.status_code, refused.json()["code"]) == (422, "contradictory")
    assert [one["pointer"] for one in refused.json()["errors"]] == [f"/{field}"]
    assert not (await memory.get(Store)).table(Message)


@pytest.mark.usefixtures("worker")
async def test_what_agrees_may_be_said_twice(client: Client) -> None:
    ada = await signed_in(client)
    new = {"kind": "check_in", "session_type": "check_in", "session_id": "tab-1"}
    made = await a_conversation(client, ada, **new)
    again = {"kind": "check_in", "session_id": "tab-1", "conversation_id": made["id"]}
    asked = await client.post("/api/v1/chat/chat", headers=ada, json={"content": ASKED} | again)
    assert asked.status_code == 200, asked.text


async def test_two_kinds_are_none(client: Client) -> None:
    ada = await signed_in(client)
    body = {"kind": "career", "session_type": "guided"}
    refused = await client.post(CONVERSATIONS, headers=ada, json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "contradictory")
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/session_type"]
    assert (await client.get(CONVERSATIONS, headers=ada)).json()["items"] == []


@pytest.mark.usefixtures("worker")
async def test_a_conversation_counts_the_messages_of_every_branch(client: Client) -> None:
    ada = await signed_in(client)
    made = await a_conversation(client, ada)
    assert (made["message_count"], made["last_message_at"]) == (0, None)
    body = {"content": ASKED, "conversation_id": made["id"], "metadata": {"tab": 7}}
    message = (await client.post("/api/v1/chat/chat", headers=ada, json=body)).json()["message"]
    again = await client.post(f"/api/v1/messages/{message['id']}/regenerate", headers=ada, json={})
    refused = body | {"document_ids": [str(uuid4())]}
    assert (await client.post("/api/v1/chat/chat", headers=ada, json=refused)).status_code == 404
    shown = (await client.get(f"{CONVERSATIONS}/{made['id']}", headers=ada)).json()
    assert (shown["message_count"], shown["last_message_at"]) == (3, again.json()["created_at"])
    question = await client.get(f"/api/v1/messages/{message['parent_id']}", headers=ada)
    assert (question.json()["metadata"], question.json()["message_type"]) == ({"tab": 7}, "text")


@pytest.mark.usefixtures("worker")
async def test_an_answer_is_rated_made_again_and_only_an_answer(client: Client) -> None:
    ada = await signed_in(client)
    body = {"content": ASKED}
    message = (await client.post("/api/v1/chat/chat", headers=ada, json=body)).json()["message"]
    place = f"/api/v1/messages/{message['id']}"
    rated = await client.put(f"{place}/feedback", headers=ada, json={"rating": "down"})
    assert rated.json()["feedback"] == {"rating": "down", "comment": None}
    again = await client.post(f"{place}/regenerate", headers=ada, json={})
    assert again.status_code == 201, again.text
    assert again.json()["parent_id"] == message["parent_id"]
    stopped = await client.post(f"{place}/stop", headers=ada)
    assert (stopped.status_code, stopped.json()["status"]) == (200, "complete")
    question = f"/api/v1/messages/{message['parent_id']}"
    for method, path, sent in (
        ("GET", "events", None),
        ("POST", "stop", None),
        ("POST", "regenerate", {}),
        ("PUT", "feedback", {"rating": "up"}),
    ):
        refused = await client.request(method, f"{question}/{path}", headers=ada, json=sent)
        assert (refused.status_code, refused.json()["code"]) == (409, "not_an_answer")


async def test_what_is_wrong_with_a_question_leaves_nothing_behind(
    client: Client, memory: AsyncContainer
) -> None:
    ada = await signed_in(client)
    place = f"{CONVERSATIONS}/{(await a_conversation(client, ada))['id']}"
    for body, status in (
        ({"content": ""}, 422),
        ({"content": "x" * 10_001}, 422),
        ({"content": ASKED, "model": "gpt-9"}, 422),
        ({"content": ASKED, "colour": "blue"}, 422),
        ({"content": ASKED, "document_ids": [str(uuid4())]}, 404),
        ({"content": "a\x00b"}, 422),
        ({"content": ASKED, "metadata": {"a": "x" * 20_000}}, 422),
        ({"content": ASKED, "metadata": {"a": ["b\x00"]}}, 422),
        ({"content": ASKED, "metadata": []}, 422),
    ):
        refused = await client.post(f"{place}/messages", headers=ada, json=body)
        assert refused.status_code == status, (body, refused.text)
    assert not (await memory.get(Store)).table(Message)
