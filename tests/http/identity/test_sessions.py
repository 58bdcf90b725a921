from typing import Any
from uuid import uuid4

import pytest

from tests.http.conftest import CREDENTIALS, Client

LOGIN, ME = "/api/v1/auth/login", "/api/v1/users/me"
SESSIONS, REFRESH = "/api/v1/auth/sessions", "/api/v1/auth/refresh"


async def log_in(client: Client, email: str = CREDENTIALS["email"], **more: Any) -> dict[str, Any]:
    """A session of an account, which is made at the first time; `token` are its headers."""
    account = CREDENTIALS | {"email": email}
    await client.post("/api/v1/auth/register", json=account)
    answer = await client.post(LOGIN, json=account | more, headers={"user-agent": "Lynx"})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body | {"token": {"authorization": f"Bearer {body['access_token']}"}}


async def listed(client: Client, login: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(SESSIONS + query, headers=login["token"])
    assert answer.status_code == 200
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def status(client: Client, login: dict[str, Any]) -> tuple[int, int]:
    """Of a request with the access token, and of an exchange of the refresh token."""
    me = await client.get(ME, headers=login["token"])
    again = await client.post(REFRESH, json={"refresh_token": login["refresh_token"]})
    return me.status_code, again.status_code


async def test_sessions_are_listed_newest_first(client: Client) -> None:
    phone = await log_in(client, device_name="Ada's phone")
    laptop = await log_in(client)
    newest, oldest = await listed(client, phone)
    assert (newest["device_name"], newest["current"]) == (None, False)
    assert (oldest["device_name"], oldest["current"]) == ("Ada's phone", True)
    assert (oldest["address"], oldest["user_agent"]) == ("127.0.0.1", "Lynx")
    assert oldest["created_at"] == oldest["last_used_at"]
    assert [s["current"] for s in await listed(client, laptop)] == [True, False]

    (first,) = await listed(client, phone, "?size=1")
    (rest,) = await listed(client, phone, f"?size=1&after={first['id']}")
    assert (first["id"], rest["id"]) == (newest["id"], oldest["id"])


async def test_a_form_names_its_device_too(client: Client) -> None:
    login = await log_in(client)
    form = {"username": CREDENTIALS["email"], "password": CREDENTIALS["password"]}
    answer = await client.post(LOGIN, data=form | {"device_name": "curl"})
    assert answer.status_code == 200
    assert (await listed(client, login))[0]["device_name"] == "curl"


async def test_a_device_is_signed_out_from_another(client: Client) -> None:
    phone, laptop = await log_in(client), await log_in(client)
    (lost,) = [s for s in await listed(client, laptop) if not s["current"]]
    path = f"{SESSIONS}/{lost['id']}"
    assert (await client.delete(path, headers=laptop["token"])).status_code == 204
    assert await status(client, phone) == (401, 401)
    assert len(await listed(client, laptop)) == 1
    assert (await client.delete(path, headers=laptop["token"])).status_code == 404


async def test_another_users_session_is_as_good_as_none(client: Client) -> None:
    ada, eve = await log_in(client), await log_in(client, "eve@example.org")
    (hers,) = await listed(client, ada)
    bodies = []
    for session_id in (hers["id"], uuid4()):
        answer = await client.delete(f"{SESSIONS}/{session_id}", headers=eve["token"])
        assert answer.status_code == 404
        bodies.append(answer.json() | {"request_id": ""})
    assert bodies[0] == bodies[1]
    assert await status(client, ada) == (200, 200)


async def test_logging_out_everywhere_ends_every_session_of_ones_own(client: Client) -> None:
    phone, laptop = await log_in(client), await log_in(client)
    eve = await log_in(client, "eve@example.org")
    answer = await client.post("/api/v1/auth/logout-all", headers=phone["token"])
    assert (answer.status_code, answer.content) == (204, b"")
    assert await status(client, phone) == (401, 401)
    assert await status(client, laptop) == (401, 401)
    assert await status(client, eve) == (200, 200)


async def test_a_reused_refresh_token_ends_the_access_tokens_too(client: Client) -> None:
    login = await log_in(client)
    token = login["refresh_token"]
    for _ in range(2):
        pair = (await client.post(REFRESH, json={"refresh_token": token})).json()
        token = pair["refresh_token"]
    assert (await status(client, login))[1] == 401
    bearer = {"authorization": f"Bearer {pair['access_token']}"}
    assert (await client.get(ME, headers=bearer)).status_code == 401
    assert (await client.post(REFRESH, json={"refresh_token": token})).status_code == 401


@pytest.mark.parametrize("name", ["", "x" * 101, "a\x00b", 7])
async def test_a_device_has_a_short_name(client: Client, name: object) -> None:
    answer = await client.post(LOGIN, json=CREDENTIALS | {"device_name": name})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/device_name"
