from typing import Any

import pytest

from tests.http.conftest import Client, signed_in
from tests.http.knowledge.test_documents import DOCUMENTS, uploaded

SEARCH = "/api/v1/search"
ASKED = "How long are invoices kept?"


@pytest.mark.usefixtures("worker")
async def test_a_passage_tells_where_it_is_and_what_answers(client: Client) -> None:
    ada = await signed_in(client)
    document = await uploaded(client, ada)
    found = (await client.post(SEARCH, headers=ada, json={"query": ASKED})).json()
    (item,) = found["items"]
    content = (await client.get(f"{DOCUMENTS}/{document}/content", headers=ada)).json()["content"]
    best = item["best_sentence"]
    assert content[item["start"] : item["end"]] == item["text"]
    assert content[best["start"] : best["end"]] == "Invoices are kept for ten years."
    assert item["legs"] == {"lexical": 1, "semantic": None}
    assert (found["plan"], item["explanation"]) == (None, None)
    assert found["elapsed_ms"] > 0
    assert not found["semantic"]


@pytest.mark.usefixtures("worker")
async def test_a_search_explains_itself_when_asked(client: Client) -> None:
    ada = await signed_in(client)
    await uploaded(client, ada)
    body = {"query": ASKED, "explain": True}
    found = (await client.post(SEARCH, headers=ada, json=body)).json()
    told = found["items"][0]["explanation"]
    assert {term["term"] for term in told["terms"]} == {"invoic", "keep"}
    assert told["bm25"] == pytest.approx(sum(term["score"] for term in told["terms"]))
    assert found["plan"]["passages"] == 1


@pytest.mark.usefixtures("worker")
async def test_an_address_asks_the_same_as_a_body(client: Client) -> None:
    ada = await signed_in(client)
    document = await uploaded(client, ada)
    said = {"category": "policy", "keywords": ["Retention"], "jurisdiction": "de"}
    await client.patch(f"{DOCUMENTS}/{document}", headers=ada, json=said)
    cases: list[tuple[dict[str, Any], int]] = [
        ({}, 1),
        ({"document_id": document}, 1),
        ({"mode": "lexical", "limit": 50, "explain": True}, 1),
        ({"category": "policy", "keyword": "RETENTION", "file_type": "md"}, 1),
        ({"category": "policy", "keyword": "other"}, 0),
        ({"jurisdiction": "DE", "created_since": "2020-01-01T00:00:00Z"}, 1),
        ({"created_before": "2020-01-01T00:00:00Z"}, 0),
        ({"authored_since": "2020-01-01T00:00:00Z"}, 0),
        ({"practice_area": "tax"}, 0),
        ({"language": "en"}, 0),
    ]
    for parameters, count in cases:
        sent: dict[str, Any] = {"q": ASKED, **parameters}
        answer = await client.get(SEARCH, headers=ada, params=sent)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["items"]) == count, parameters


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"q": ""},
        {"q": "x" * 2001},
        {"q": "x", "limit": "51"},
        {"q": "x", "limit": "many"},
        {"q": "x", "mode": "magic"},
        {"q": "x", "category": "novel"},
        {"q": "x", "keyword": ""},
        {"q": "x", "keyword": "y" * 101},
        {"q": "x", "created_since": "yesterday"},
        {"q": "x", "document_id": "nonsense"},
    ],
)
async def test_a_bad_parameter_is_refused(client: Client, parameters: dict[str, str]) -> None:
    answer = await client.get(SEARCH, headers=await signed_in(client), params=parameters)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@pytest.mark.usefixtures("worker")
async def test_anothers_document_may_not_be_named(client: Client) -> None:
    ada, bob = await signed_in(client), await signed_in(client, "bob@example.org")
    document = await uploaded(client, ada)
    body = {"query": ASKED, "document_ids": [document]}
    assert len((await client.post(SEARCH, headers=ada, json=body)).json()["items"]) == 1
    for answer in (
        await client.post(SEARCH, headers=bob, json=body),
        await client.get(SEARCH, headers=bob, params={"q": ASKED, "document_id": document}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert document not in answer.text
    await client.delete(f"{DOCUMENTS}/{document}", headers=ada)
    assert (await client.post(SEARCH, headers=ada, json=body)).status_code == 404


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ({"op": "nothing"}, "invalid"),
        ({"op": "and", "filters": [{"op": "created_at"}]}, "invalid"),
        ({"op": "file_type", "any_of": ["pdf"], "user_id": "x"}, "invalid"),
        (9, "filter_too_large"),
    ],
)
async def test_a_bad_filter_is_refused(client: Client, filters: Any, code: str) -> None:
    if isinstance(filters, int):
        tree: dict[str, Any] = {"op": "file_type", "any_of": ["pdf"]}
        for _ in range(filters):
            tree = {"op": "not", "filter": tree}
        filters = tree
    answer = await client.post(
        SEARCH, headers=await signed_in(client), json={"query": "x", "filters": filters}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_filter_without_end_is_refused(client: Client) -> None:
    body = b'{"query":"x","filters":' + b'{"op":"not","filter":' * 3000
    headers = await signed_in(client) | {"content-type": "application/json"}
    answer = await client.post(SEARCH, headers=headers, content=body)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"
