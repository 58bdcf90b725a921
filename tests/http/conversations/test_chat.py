from typing import Any
from uuid import uuid4

import pytest

from tests.http.conftest import Client, signed_in
from tests.http.knowledge.test_documents import POLICY, uploaded

CHAT = "/api/v1/chat/chat"


@pytest.mark.usefixtures("worker")
async def test_a_question_is_answered_with_a_cited_sentence(client: Client) -> None:
    ada = await signed_in(client)
    document = await uploaded(client, ada)
    answer = await client.post(CHAT, headers=ada, json={"content": "How long are invoices kept?"})
    assert answer.status_code == 200
    message = answer.json()["message"]
    assert message["content"] == "Invoices are kept for ten years."
    assert (message["mode"], message["status"]) == ("extractive", "complete")
    (citation,) = message["citations"]
    assert citation["document_id"] == document
    assert citation["verified"] == "exact"
    assert POLICY[citation["start"] : citation["end"]] == citation["quote"]
    assert answer.json()["usage"]["total_tokens"] == 0

    shown = await client.get(answer.headers["location"], headers=ada)
    assert shown.json() == message
    around = (await client.get(citation["url"], headers=ada)).json()
    begin = around["start"]
    assert (
        around["content"][citation["start"] - begin : citation["end"] - begin] == message["content"]
    )


@pytest.mark.usefixtures("worker")
async def test_what_the_documents_do_not_say_is_not_said(client: Client) -> None:
    ada = await signed_in(client)
    await uploaded(client, ada)
    answer = await client.post(CHAT, headers=ada, json={"content": "Who painted the Mona Lisa?"})
    message = answer.json()["message"]
    assert (message["mode"], message["citations"]) == ("not_found", [])


@pytest.mark.usefixtures("worker")
async def test_a_conversation_goes_on(client: Client) -> None:
    ada = await signed_in(client)
    first = (await client.post(CHAT, headers=ada, json={"content": "One?"})).json()
    body = {"content": "Two?", "conversation_id": first["conversation_id"]}
    second = (await client.post(CHAT, headers=ada, json=body)).json()
    assert second["conversation_id"] == first["conversation_id"]


@pytest.mark.usefixtures("worker")
async def test_another_users_conversation_is_not_there(client: Client) -> None:
    ada, bob = await signed_in(client), await signed_in(client, "bob@example.org")
    first = await client.post(CHAT, headers=ada, json={"content": "One?"})
    body = {"content": "Two?", "conversation_id": first.json()["conversation_id"]}
    assert (await client.post(CHAT, headers=bob, json=body)).status_code == 404
    assert (await client.get(first.headers["location"], headers=bob)).status_code == 404


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"content": ""},
        {"content": "x" * 10_001},
        {"content": "a\x00b"},
        {"content": 7},
        {"content": "?", "conversation_id": "x"},
        {"content": "?", "kind": "gossip"},
        {"content": "?", "user_id": str(uuid4())},
    ],
)
async def test_a_bad_question_is_refused(client: Client, question: dict[str, Any]) -> None:
    ada = await signed_in(client)
    assert (await client.post(CHAT, headers=ada, json=question)).status_code == 422
