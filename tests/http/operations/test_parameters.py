"""A misspelt parameter is told to whoever sent it, on every route, and not left out in silence."""

from uuid import UUID

import msgspec
import pytest

from entrypoints.openapi import document
from tests.http.conftest import Client, signed_in

CALLBACK = "/api/v1/auth/oauth/{provider}/callback"
ROUTES = [
    (method.upper(), path)
    for path, item in msgspec.json.decode(document())["paths"].items()
    for method in item
    if path != CALLBACK
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_no_route_takes_a_parameter_that_it_does_not_know(
    client: Client, method: str, path: str
) -> None:
    at = "/".join(str(UUID(int=1)) if part[:1] == "{" else part for part in path.split("/"))
    answer = await client.request(method, at, params={"limt": 5}, headers=await signed_in(client))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/limt", "unknown")


async def test_the_answer_tells_which_parameters_there_are(client: Client) -> None:
    answer = await client.get(
        "/api/v1/search?q=fees&limt=5&mdoe=lexical", headers=await signed_in(client)
    )
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/limt", "/mdoe"]
    assert "limit, mode" in answer.json()["detail"]


@pytest.mark.parametrize("query", ["", "?", "?limit=5", "?limit=5&limit=6", "?size=1"])
async def test_what_is_known_is_no_fault(client: Client, query: str) -> None:
    answer = await client.get(f"/api/v1/documents{query}", headers=await signed_in(client))
    assert answer.status_code == 200


async def test_who_is_unknown_hears_that_first(client: Client) -> None:
    assert (await client.get("/api/v1/documents?limt=5")).status_code == 401


async def test_what_others_send_back_may_hold_more(client: Client) -> None:
    """Providers add to what they were asked for, and so do clients of OpenAI."""
    callback = CALLBACK.format(provider="google")
    answer = await client.get(f"{callback}?code=x&state=y&iss=z&authuser=0")
    assert answer.json()["code"] != "invalid"
    headers = await signed_in(client)
    assert (await client.get("/v1/models?api-version=1", headers=headers)).status_code == 200


async def test_pages_and_their_assets_are_found_under_any_query(client: Client) -> None:
    for path in ("/docs", "/openapi.json", "/docs/assets/swagger.js"):
        assert (await client.get(f"{path}?v=1")).status_code == 200


async def test_a_head_is_refused_as_its_get_is_and_options_are_told(client: Client) -> None:
    assert (await client.head("/health?limt=5")).status_code == 422
    assert (await client.options("/health?limt=5")).status_code == 204
