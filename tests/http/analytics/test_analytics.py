"""Analytics as clients ask for them."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import anyio
import pytest
from dishka import AsyncContainer

from application.shared.ports import Clock
from domain.shared.ids import UserId
from tests.contract.analytics.flows import an_event, settle
from tests.http.conftest import Client, signed_in
from tests.http.identity.test_administration import actions, an_admin
from tests.http.knowledge.test_documents import uploaded

ANALYTICS = "/api/v1/analytics"


async def owner_of(client: Client, headers: dict[str, str]) -> UserId:
    me = (await client.get("/api/v1/users/me", headers=headers)).json()
    return UserId(UUID(me["id"]))


async def get(client: Client, headers: dict[str, str], path: str) -> Any:
    answer = await client.get(f"{ANALYTICS}/{path}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def answers(memory: AsyncContainer, owner: UserId, count: int, **given: Any) -> None:
    now: datetime = (await memory.get(Clock)).now()
    for number in range(count):
        usual = {"started_at": now, "queue_ms": 0, "total_ms": 100 * (number + 1)}
        await settle(memory, an_event(owner, **usual | given))


async def activity_is(client: Client, headers: dict[str, str], wanted: list[str]) -> None:
    """Waits until the worker has done its part."""
    with anyio.fail_after(10):
        found = None
        while found != wanted:
            await asyncio.sleep(0)
            entries = await get(client, headers, "activity")
            found = [entry["action"] for entry in entries]


async def test_who_did_nothing_has_zeros_and_no_averages(client: Client) -> None:
    headers = await signed_in(client)
    usage = await get(client, headers, "usage")
    assert (usage["period_days"], len(usage["daily_breakdown"])) == (7, 7)
    assert (usage["total_queries"], usage["total_tokens"]) == (0, 0)
    assert (usage["estimated_cost"], usage["currency"]) == ("0.0000000000", "USD")
    assert usage["avg_response_time"] is None
    workflows = await get(client, headers, "workflows")
    assert (workflows["total_executions"], workflows["success_rate"]) == (0, None)


async def test_what_was_asked_is_shown_at_once(client: Client, memory: AsyncContainer) -> None:
    headers = await signed_in(client)
    await answers(memory, await owner_of(client, headers), 2)
    usage = await get(client, headers, "usage?days=1")
    assert (usage["total_queries"], usage["successful_queries"]) == (2, 2)
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (2000, 1000)
    assert usage["estimated_cost"] == "0.1200000000"
    assert usage["avg_response_time"] == 0.15
    (today,) = usage["daily_breakdown"]
    assert today["total_tokens"] == usage["total_tokens"] == 3000
    (tokens,) = await get(client, headers, "tokens?days=1")
    assert (tokens["date"], tokens["total_tokens"]) == (today["date"], 3000)


@pytest.mark.parametrize(
    ("count", "p50", "p95"), [(0, None, None), (3, 0.2, None), (19, 1.0, None), (20, 1.0, 1.9)]
)
async def test_the_slowest_twentieth_wants_twenty_samples(
    client: Client, memory: AsyncContainer, count: int, p50: float | None, p95: float | None
) -> None:
    headers = await signed_in(client)
    await answers(memory, await owner_of(client, headers), count)
    usage = await get(client, headers, "usage")
    assert (usage["p50_response_time"], usage["p95_response_time"]) == (p50, p95)


async def test_a_model_without_a_price_is_unpriced_and_not_for_nothing(
    client: Client, memory: AsyncContainer
) -> None:
    headers = await signed_in(client)
    owner, talk = await owner_of(client, headers), uuid4()
    unknown = {"model_asked": "nobody-knows", "model_used": "nobody-knows"}
    await answers(memory, owner, 1, **unknown, conversation_id=talk)
    await answers(memory, owner, 1)
    costs = await get(client, headers, "costs")
    assert costs["total_cost"] == "0.0600000000"
    assert costs["unpriced_calls"] == 1
    dearest, unpriced = costs["by_model"]
    assert (dearest["model"], dearest["unpriced_calls"]) == ("gpt-4", 0)
    assert (unpriced["model"], unpriced["unpriced_calls"]) == ("nobody-knows", 1)
    assert [one["calls"] for one in costs["by_feature"]] == [2]
    assert [one["conversation_id"] for one in costs["by_conversation"]] == [str(talk)]


async def test_past_days_are_counted_by_a_refresh(client: Client, memory: AsyncContainer) -> None:
    headers = await signed_in(client)
    yesterday = (await memory.get(Clock)).now() - timedelta(days=1)
    await answers(memory, await owner_of(client, headers), 1, started_at=yesterday)
    assert (await get(client, headers, "usage"))["total_queries"] == 0
    done = await client.post(f"{ANALYTICS}/refresh", headers=headers)
    assert done.json()["buckets"] == 1
    assert (await get(client, headers, "usage"))["total_queries"] == 1


@pytest.mark.usefixtures("worker")
async def test_questions_and_answers_say_what_they_are_about(client: Client) -> None:
    headers = await signed_in(client)
    document = await uploaded(client, headers)
    body: dict[str, Any] = {"content": "How long are invoices kept?"}
    happened = ["analysis", "upload"]
    for limited in ({}, {"document_ids": [document]}):
        answer = await client.post("/api/v1/chat/chat", headers=headers, json=body | limited)
        message = answer.json()["message"]
        happened = ["answer", "question", *happened]
        await activity_is(client, headers, happened)
        entries = {one["action"]: one for one in await get(client, headers, "activity?limit=2")}
        for action, of in (("answer", "id"), ("question", "parent_id")):
            assert entries[action]["message_id"] == message[of]
            assert entries[action]["conversation_id"] == message["conversation_id"]
        assert entries["answer"]["document_id"] == document
        assert entries["question"]["document_id"] == (document if limited else None)
    place = f"/api/v1/chat/conversations/{message['conversation_id']}"
    assert (await client.delete(place, headers=headers)).status_code == 204
    entries = await get(client, headers, "activity?limit=2")
    assert {one["document_id"] for one in entries} == {None}


@pytest.mark.usefixtures("worker")
async def test_a_document_shows_in_activity_and_usage_until_it_is_deleted(client: Client) -> None:
    headers = await signed_in(client)
    document = await uploaded(client, headers)

    await activity_is(client, headers, ["analysis", "upload"])
    entry, _ = await get(client, headers, "activity")
    assert (entry["document_id"], entry["status"]) == (document, "completed")
    assert entry["response_time"] >= 0
    usage = await get(client, headers, "usage")
    assert (usage["documents_uploaded"], usage["documents_analyzed"]) == (1, 1)

    await client.delete(f"/api/v1/documents/{document}", headers=headers)
    await activity_is(client, headers, [])
    assert (await get(client, headers, "usage"))["documents_uploaded"] == 0


@pytest.mark.parametrize(
    "path",
    ["usage?days=0", "usage?days=91", "tokens?days=x", "activity?limit=201", "costs?days=-1"],
)
async def test_what_is_out_of_bounds_is_invalid(client: Client, path: str) -> None:
    headers = await signed_in(client)
    answer = await client.get(f"{ANALYTICS}/{path}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


PRICES = f"{ANALYTICS}/prices"
NEW = {"model": "gpt-4", "input_per_1k": "0.01", "output_per_1k": 0.02}


async def test_prices_are_for_administrators(client: Client) -> None:
    headers = await signed_in(client)
    assert (await client.get(PRICES, headers=headers)).status_code == 403
    assert (await client.post(PRICES, headers=headers, json=NEW)).status_code == 403


async def test_a_price_that_was_set_is_listed_and_on_record(
    client: Client, memory: AsyncContainer
) -> None:
    admin = await an_admin(client, memory, "root@example.org")
    answer = await client.post(PRICES, headers=admin, json=NEW)
    assert answer.status_code == 201
    assert answer.json()["output_per_1k"] == "0.0200000000"
    listed = [one for one in await get(client, admin, "prices") if one["model"] == "gpt-4"]
    assert [one["valid_to"] for one in listed] == [None, answer.json()["valid_from"]]
    assert (await actions(client, admin))[-1] == "price.set"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"input_per_1k": "-1"}, "invalid_price"),
        ({"input_per_1k": "NaN"}, "invalid_price"),
        ({"input_per_1k": "1E+400"}, "invalid_price"),
        ({"input_per_1k": "dear"}, "invalid"),
        ({"input_per_1k": "1e-11"}, "invalid_price"),
        ({"valid_from": "2020-01-01T00:00:00Z"}, "invalid_validity"),
        ({"valid_from": "9999-12-31T23:59:59-12:00"}, "invalid_validity"),
        ({"valid_from": "0001-01-01T00:00:00+14:00"}, "invalid_validity"),
        ({"valid_from": "2020-01-01T00:00:00"}, "invalid"),
        ({"model": ""}, "invalid"),
        ({"model": "x" * 101}, "invalid"),
        ({"currency": "EUR"}, "invalid"),
    ],
)
async def test_a_wrong_price_is_refused_and_nothing_of_it_kept(
    client: Client, memory: AsyncContainer, change: dict[str, str], code: str
) -> None:
    admin = await an_admin(client, memory, "root@example.org")
    before = await get(client, admin, "prices")
    answer = await client.post(PRICES, headers=admin, json=NEW | change)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await get(client, admin, "prices") == before
