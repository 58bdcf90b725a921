from typing import Any

import pytest

from tests.http.conftest import Client

ADA = {"email": "ada@example.org", "password": "correct horse battery", "full_name": "Ada"}
REGISTER, LOGIN, ME = "/api/v1/auth/register", "/api/v1/auth/login", "/api/v1/users/me"


async def signed_in(client: Client) -> dict[str, Any]:
    await client.post(REGISTER, json=ADA)
    answer = await client.post(LOGIN, json={"email": ADA["email"], "password": ADA["password"]})
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def bearer(login: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {login['access_token']}"}


async def test_registering_answers_with_the_user(client: Client) -> None:
    answer = await client.post(REGISTER, json=ADA)
    assert answer.status_code == 201
    assert answer.headers["location"] == ME
    assert answer.json()["email"] == "ada@example.org"
    assert "password" not in answer.text


async def test_a_taken_email_is_a_conflict(client: Client) -> None:
    await client.post(REGISTER, json=ADA)
    answer = await client.post(REGISTER, json=ADA | {"email": " ADA@example.org "})
    assert answer.status_code == 409
    assert answer.json()["code"] == "email_taken"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"is_admin": True}, "/is_admin"),
        ({"email": 7}, "/email"),
        ({"password": None}, "/password"),
        ({"full_name": "a\x00b"}, "/full_name"),
        ({"full_name": "x" * 256}, "/full_name"),
    ],
)
async def test_a_bad_value_is_named(client: Client, change: dict[str, Any], pointer: str) -> None:
    answer = await client.post(REGISTER, json=ADA | change)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("change", "code"),
    [({"email": "ada"}, "invalid_email"), ({"password": "short"}, "weak_password")],
)
async def test_a_bad_account_is_refused(client: Client, change: dict[str, str], code: str) -> None:
    answer = await client.post(REGISTER, json=ADA | change)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_bad_json_is_malformed(client: Client) -> None:
    headers = {"content-type": "application/json"}
    for path in (REGISTER, LOGIN):
        answer = await client.post(path, content=b"{", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


async def test_a_large_body_is_not_read(client: Client) -> None:
    answer = await client.post(REGISTER, json=ADA | {"full_name": "x" * 20_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_json_and_form_open_the_same_door(client: Client) -> None:
    await client.post(REGISTER, json=ADA)
    form = {"username": ADA["email"], "password": ADA["password"]}
    answer = await client.post(LOGIN, data=form)
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "bearer"
    assert answer.json()["expires_in"] == 1800
    assert answer.json()["user"]["last_login_at"] is not None
    assert answer.headers["cache-control"] == "no-store"


async def test_a_wrong_password_and_an_unknown_email_look_alike(client: Client) -> None:
    await client.post(REGISTER, json=ADA)
    wrong = await client.post(LOGIN, json={"email": ADA["email"], "password": "wrong horse"})
    unknown = await client.post(LOGIN, json={"email": "eve@example.org", "password": "wrong horse"})
    odd = await client.post(LOGIN, json={"email": "eve", "password": "wrong horse"})
    bodies = [answer.json() | {"request_id": ""} for answer in (wrong, unknown, odd)]
    assert bodies[0] == bodies[1] == bodies[2]
    assert {answer.status_code for answer in (wrong, unknown, odd)} == {401}


async def test_me_is_who_the_token_says(client: Client) -> None:
    login = await signed_in(client)
    for path in (ME, "/api/v1/auth/me"):
        answer = await client.get(path, headers=bearer(login))
        assert answer.json() == login["user"]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer x", "Basic YTpi"])
async def test_without_a_good_token_nobody_is_known(client: Client, header: str) -> None:
    answer = await client.get(ME, headers={"authorization": header} if header else {})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_token_is_dead_after_logout(client: Client) -> None:
    login = await signed_in(client)
    answer = await client.post("/api/v1/auth/logout", headers=bearer(login))
    assert answer.status_code == 204
    assert (await client.get(ME, headers=bearer(login))).status_code == 401
    refresh = {"refresh_token": login["refresh_token"]}
    assert (await client.post("/api/v1/auth/refresh", json=refresh)).status_code == 401


async def test_a_refresh_token_is_exchanged(client: Client) -> None:
    login = await signed_in(client)
    first = {"refresh_token": login["refresh_token"]}
    second = (await client.post("/api/v1/auth/refresh", json=first)).json()
    assert (await client.get(ME, headers=bearer(second))).status_code == 200

    # The answer was lost: the same successor once more.
    again = (await client.post("/api/v1/auth/refresh", json=first)).json()
    assert again["refresh_token"] == second["refresh_token"]

    third = await client.post(
        "/api/v1/auth/refresh", json={"refresh_token": second["refresh_token"]}
    )
    assert third.status_code == 200
    late = await client.post("/api/v1/auth/refresh", json=first)
    assert (late.status_code, late.json()["code"]) == (401, "invalid_refresh_token")


async def test_an_anonymous_body_is_not_read(client: Client) -> None:
    """401 comes before 413, 415 and 422: nobody makes us parse who is nobody."""
    answer = await client.post("/api/v1/auth/logout", content=b"{" * 100_000)
    assert answer.status_code == 401
