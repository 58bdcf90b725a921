import pytest

from tests.http.conftest import Client, signed_in

V1 = "/api/v1"


async def a_key(client: Client, headers: dict[str, str], *scopes: str) -> dict[str, str]:
    """The headers of a program that has a new key."""
    body = {"name": "import", "scopes": list(scopes)}
    answer = await client.post(f"{V1}/auth/api-keys", json=body, headers=headers)
    assert answer.status_code == 201
    return {"authorization": f"Bearer {answer.json()['key']}"}


async def test_a_key_is_shown_once(client: Client) -> None:
    ada = await signed_in(client)
    body = {"name": "import", "scopes": ["search"], "expires_in_days": 7}
    created = await client.post(f"{V1}/auth/api-keys", json=body, headers=ada)
    assert created.headers["cache-control"] == "no-store"
    listed = await client.get(f"{V1}/auth/api-keys", headers=ada)
    assert created.json()["key"] not in listed.text
    assert [key["id"] for key in listed.json()] == [created.json()["id"]]


async def test_a_key_opens_its_scopes_and_the_account(client: Client) -> None:
    key = await a_key(client, await signed_in(client), "search")
    assert (await client.get(f"{V1}/users/me", headers=key)).status_code == 200
    found = await client.post(f"{V1}/search", json={"query": "x"}, headers=key)
    assert found.status_code == 200
    documents = await client.get(f"{V1}/documents", headers=key)
    assert (documents.status_code, documents.json()["code"]) == (403, "forbidden")


async def test_a_key_without_scopes_opens_the_account_only(client: Client) -> None:
    key = await a_key(client, await signed_in(client))
    assert (await client.get(f"{V1}/users/me", headers=key)).status_code == 200
    assert (await client.post(f"{V1}/search", json={"query": "x"}, headers=key)).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/auth/api-keys"),
        ("GET", "/auth/api-keys"),
        ("GET", "/privacy/consents"),
        ("PUT", "/privacy/consents/marketing"),
    ],
)
async def test_a_key_with_every_scope_opens_no_credentials(
    client: Client, method: str, path: str
) -> None:
    every = ("profile", "documents", "search", "chat", "workflows", "career", "wellness")
    key = await a_key(client, await signed_in(client), *every, "analytics")
    answer = await client.request(method, V1 + path, json={}, headers=key)
    assert (answer.status_code, answer.json()["code"]) == (403, "session_required")


async def test_a_revoked_key_opens_nothing(client: Client) -> None:
    ada = await signed_in(client)
    key = await a_key(client, ada, "search")
    (listed,) = (await client.get(f"{V1}/auth/api-keys", headers=ada)).json()
    path = f"{V1}/auth/api-keys/{listed['id']}"
    assert (await client.delete(path, headers=ada)).status_code == 204
    assert (await client.get(f"{V1}/users/me", headers=key)).status_code == 401
    assert (await client.delete(path, headers=ada)).status_code == 404


async def test_another_users_key_is_not_there(client: Client) -> None:
    ada = await signed_in(client)
    await a_key(client, ada)
    (listed,) = (await client.get(f"{V1}/auth/api-keys", headers=ada)).json()
    bob = await signed_in(client, "bob@example.org")
    answer = await client.delete(f"{V1}/auth/api-keys/{listed['id']}", headers=bob)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"scopes": ["admin"]}, "scope_not_for_keys"),
        ({"scopes": ["everything"]}, "invalid"),
        ({"name": ""}, "invalid"),
        ({"expires_in_days": 0}, "invalid"),
        ({"user_id": "x"}, "invalid"),
    ],
)
async def test_a_key_that_cannot_be_is_refused(
    client: Client, change: dict[str, object], code: str
) -> None:
    body = {"name": "import", "scopes": []} | change
    answer = await client.post(f"{V1}/auth/api-keys", json=body, headers=await signed_in(client))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
