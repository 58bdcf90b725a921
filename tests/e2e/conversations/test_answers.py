"""Answers are made by whichever worker, told by whichever process, and nobody's end loses one."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import openai
import pytest

from tests.conftest import execute
from tests.e2e.conversations.conftest import ASKED, Deployment, Json, events, streaming
from tests.running import is_healthy, sql, until

HOLD = """
CREATE TABLE held (message_id uuid);
GRANT SELECT ON held TO public;
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_sleep(60) FROM held WHERE message_id = NEW.message_id; RETURN NEW;
END $$;
CREATE TRIGGER hold BEFORE INSERT ON usage_events FOR EACH ROW EXECUTE FUNCTION hold();
"""

KEPT = """
SELECT (SELECT count(*) FROM messages WHERE user_id = $1) AS messages,
    (SELECT count(DISTINCT message_id) FROM message_events WHERE user_id = $1) AS told,
    (SELECT count(*) FROM usage_events WHERE user_id = $1) AS charged,
    (SELECT count(*) FROM usage_reservations WHERE user_id = $1) AS reserved,
    (SELECT count(*) FROM activities WHERE user_id = $1 AND action = 'question') AS questions,
    (SELECT minute_requests FROM ai_budgets WHERE user_id = $1) AS counted
"""


def text_of(told: list[Json]) -> str:
    return "".join(one["data"]["text"] for one in told if one["event"] == "text.delta")


def test_what_one_process_is_asked_another_tells_as_it_is_made(deployment: Deployment) -> None:
    ada = deployment.reader()
    answer = deployment.ask(deployment.a, ada, model="paced:40")["answer"]
    place = f"/messages/{answer['id']}/events"
    with streaming(deployment.b, place, ada) as there:
        told = list(there)
    assert [int(one["id"]) for one in told] == list(range(1, len(told) + 1))
    assert told[0]["event"] == "message.created"
    assert told[-1]["event"] == "message.completed"
    pieces = [one for one in told if one["event"] == "text.delta"]
    assert 2 < len(pieces) < 40  # as they come, but not each by itself
    assert text_of(told) == told[-1]["data"]["content"]

    half = told[len(told) // 2]["id"]
    with streaming(deployment.a, place, ada, **{"last-event-id": half}) as rest:
        assert [one["id"] for one in rest] == [one["id"] for one in told[int(half) :]]
    seen = deployment.b.get(place, headers=ada.headers, params={"after": told[-1]["id"]})
    assert seen.status_code == 204


def test_asking_may_stream_at_once(deployment: Deployment) -> None:
    ada = deployment.reader()
    wanted = ada.headers | {"accept": "text/event-stream", "idempotency-key": "tab-1"}
    body = {"content": ASKED}
    found = []
    for api in (deployment.a, deployment.b):
        with (
            httpx.Client(base_url=api.base_url, timeout=60) as client,
            client.stream("POST", "/chat/chat", headers=wanted, json=body) as answer,
        ):
            found.append(list(events(answer)))
    assert found[0][-1]["event"] == "message.completed"
    # sent again, it is the same question
    assert found[0] == found[1]


def test_a_stopped_answer_says_nothing_more(deployment: Deployment) -> None:
    ada = deployment.reader()
    answer = deployment.ask(deployment.a, ada, model="paced:300")["answer"]
    told = []
    with streaming(deployment.b, f"/messages/{answer['id']}/events", ada) as there:
        for event in there:
            told.append(event)
            if event["event"] == "text.delta" and len(told) < 6:
                place = f"/messages/{answer['id']}/stop"
                stopped = deployment.a.post(place, headers=ada.headers).json()
    assert stopped["status"] == "stopped"
    assert told[-1]["event"] == "message.stopped"
    assert text_of(told) == told[-1]["data"]["content"] == stopped["content"]
    # of 300 words, in 3 seconds, there were those of the moments until it was stopped
    assert len(stopped["content"].split("word ")) < 150
    until(lambda: deployment.charges(answer) == [("cancelled", "openai")])
    until(lambda: deployment.provider.requests()[-1]["closed"])
    shown = deployment.a.get(f"/messages/{answer['id']}", headers=ada.headers).json()
    assert shown["content"] == stopped["content"]


def test_a_client_that_goes_away_changes_nothing(deployment: Deployment) -> None:
    ada = deployment.reader()
    answer = deployment.ask(deployment.a, ada, model="paced:40")["answer"]
    with streaming(deployment.a, f"/messages/{answer['id']}/events", ada) as there:
        next(there)
    ended = deployment.ended(deployment.b, ada, answer)
    assert ended["status"] == "complete"
    assert ended["content"].endswith("word 39 ")


def test_a_provider_that_fails_is_an_answer_that_says_so(deployment: Deployment) -> None:
    ada = deployment.reader()
    body = {"content": ASKED, "model": "cut-after"}
    asked = deployment.a.post("/chat/chat", headers=ada.headers, json=body)
    assert asked.status_code == 200
    message = asked.json()["message"]
    assert (message["status"], message["content"]) == ("failed", "half an ans")
    assert message["error"]["code"] == "model_broken"


def test_of_a_hundred_asks_at_once_as_many_pass_as_are_allowed(deployment: Deployment) -> None:
    ada = deployment.reader()
    conversations = [deployment.conversation(deployment.a, ada) for _ in range(4)]

    def ask(number: int) -> httpx.Response:
        api = (deployment.a, deployment.b)[number % 2]
        place = f"/chat/conversations/{conversations[number % 4]}/messages"
        return api.post(place, headers=ada.headers, json={"content": f"{number}?"})

    began = datetime.now(UTC)
    with ThreadPoolExecutor(100) as pool:
        asked = list(pool.map(ask, range(100)))
    passed = [one.json() for one in asked if one.status_code == 201]
    refused = [one for one in asked if one.status_code != 201]
    assert (len(passed), len(refused)) == (10, 90)
    for one in refused:
        assert (one.status_code, one.json()["code"]) == (429, "budget_exceeded")
        room = datetime.fromisoformat(one.json()["detail"].rpartition(" at ")[2])
        assert began < room <= datetime.now(UTC) + timedelta(minutes=1)
        assert 0 < int(one.headers["retry-after"]) <= 60

    for one in passed:
        deployment.ended(deployment.b, ada, one["answer"])
        until(lambda one=one: deployment.charges(one["answer"]))  # type: ignore[misc]
    owner = UUID(deployment.a.get("/users/me", headers=ada.headers).json()["id"])
    left = {"messages": 20, "told": 10, "charged": 10, "reserved": 0, "counted": 10}
    until(lambda: dict(sql(deployment.url, KEPT, owner)[0]) == left | {"questions": 10})


def test_the_same_message_sent_by_many_is_asked_once(deployment: Deployment) -> None:
    ada = deployment.reader()

    def ask(number: int) -> str:
        api = (deployment.a, deployment.b)[number % 2]
        body = {"content": ASKED, "client_message_id": "tab-7"}
        answer = api.post("/chat/chat", headers=ada.headers, json=body)
        assert answer.status_code == 200, answer.text
        found: str = answer.json()["message"]["id"]
        return found

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(8)))) == 1


def test_killed_workers_lose_no_question_and_charge_none_twice(deployment: Deployment) -> None:
    asyncio.run(execute(deployment.url, HOLD))
    ada, provider = deployment.reader(), deployment.provider
    provider.reset()
    before = deployment.ask(deployment.a, ada, model="silent:1")["answer"]
    until(lambda: len(provider.requests()) == 1)
    within = deployment.ask(deployment.a, ada, model="paced:300")["answer"]
    last = deployment.ask(deployment.a, ada, model="paced:40")["answer"]
    quoted = deployment.ask(deployment.a, ada, model="extractive")["answer"]
    for held in (last, quoted):
        sql(deployment.url, "INSERT INTO held VALUES ($1)", UUID(held["id"]))
    for streamed in (within, last):
        until(
            lambda answer=streamed: (  # type: ignore[misc]
                "word"
                in deployment.a.get(f"/messages/{answer['id']}", headers=ada.headers).json()[
                    "content"
                ]
            )
        )
    until(lambda: provider.requests())
    deployment.kill_workers()
    sql(deployment.url, "DELETE FROM held")
    deployment.start_workers()

    ends = [deployment.ended(deployment.b, ada, one) for one in (before, within, last, quoted)]
    assert [end["status"] for end in ends] == ["complete", "failed", "failed", "complete"]
    for cut in ends[1:3]:
        assert cut["error"]["code"] == "interrupted"
        assert cut["content"].startswith("word 0")
    for answer, end in zip((before, within, last, quoted), ends, strict=True):
        until(lambda answer=answer: len(deployment.charges(answer)) == 1)  # type: ignore[misc]
        with streaming(deployment.a, f"/messages/{answer['id']}/events", ada) as told:
            seen = list(told)
        assert [int(one["id"]) for one in seen] == list(range(1, len(seen) + 1))
        assert seen[-1]["data"]["content"] == end["content"]

    again = deployment.a.post(f"/messages/{within['id']}/regenerate", headers=ada.headers, json={})
    assert again.status_code == 201
    assert deployment.ended(deployment.b, ada, again.json())["status"] == "complete"


def test_a_killed_api_process_loses_no_question(deployment: Deployment) -> None:
    ada = deployment.reader()
    answer = deployment.ask(deployment.a, ada, model="paced:40")["answer"]
    with streaming(deployment.a, f"/messages/{answer['id']}/events", ada) as told:
        next(told)
        deployment.apis[0].kill()
        with pytest.raises(httpx.TransportError):
            list(told)
    try:
        ended = deployment.ended(deployment.b, ada, answer)
        assert ended["status"] == "complete"
        assert deployment.charges(answer) == [("ok", "openai")]
    finally:
        deployment.apis[0].start()
        until(lambda: is_healthy(deployment.a.port))


@pytest.fixture
def client(deployment: Deployment) -> openai.OpenAI:
    ada = deployment.reader()
    key = deployment.b.api_key(ada, "chat")
    return openai.OpenAI(
        api_key=key.key, base_url=f"http://127.0.0.1:{deployment.b.port}/v1", max_retries=0
    )


def asked(**more: Any) -> Any:
    said = [
        {"role": "system", "content": "Be a pirate."},
        {"role": "user", "content": "Hello!"},
        {"role": "assistant", "content": "Good morning."},
        {"role": "user", "content": [{"type": "text", "text": ASKED}]},
    ]
    return {"model": "cites", "messages": said} | more


def test_openais_client_is_answered_with_sources(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(**asked())
    (choice,) = answer.choices
    content = choice.message.content
    assert content is not None
    assert '"Invoices are kept for ten years." [1]' in content
    assert "\n\n[1] policy.md, page 1: http" in content
    assert choice.message.annotations is not None
    citation = choice.message.annotations[0].url_citation
    assert content[citation.start_index : citation.end_index] == "[1]"
    assert choice.finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens > 0


def test_openais_client_is_streamed_to(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        **asked(stream=True, stream_options={"include_usage": True})
    )
    chunks = list(stream)
    pieces = [c.choices[0].delta.content or "" for c in chunks if c.choices]
    assert '"Invoices are kept for ten years." [1]' in "".join(pieces)
    assert "".join(pieces).count("[1] policy.md") == 1
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens > 0


def test_openais_client_lists_the_models(client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert names[0] == "cites"
    assert names[-1] == "extractive"


def test_openais_client_knows_our_failures(client: openai.OpenAI, deployment: Deployment) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        client.chat.completions.create(**asked(model="gpt-9"))
    assert unknown.value.code == "model_not_found"
    with pytest.raises(openai.AuthenticationError) as stranger:
        client.with_options(api_key="ck_wrong").models.list()
    assert stranger.value.code == "invalid_api_key"
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="cites", messages=[])
    with pytest.raises(openai.InternalServerError) as down:
        client.chat.completions.create(**asked(model="down"))
    assert down.value.code == "model_unavailable"
    with pytest.raises(openai.APIError, match="model"):
        list(client.chat.completions.create(**asked(model="cut-after", stream=True)))
