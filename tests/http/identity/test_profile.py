from typing import Any

import pytest

from tests.http.conftest import Client, signed_in

ME = "/api/v1/users/me"


@pytest.mark.parametrize("path", [ME, "/api/v1/auth/me"])
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
async def test_a_profile_changes_by_what_is_sent(client: Client, path: str, method: str) -> None:
    ada = await signed_in(client)
    sent = {"display_name": "ada", "timezone": "Europe/Berlin", "data_retention_days": 90}
    answer = await client.request(method, path, json=sent, headers=ada)
    assert answer.status_code == 200
    assert answer.json().items() >= sent.items()
    assert (await client.get(ME, headers=ada)).json() == answer.json()


@pytest.mark.parametrize(
    "field",
    ["id", "email", "email_verified", "is_admin", "is_active", "subscription_tier", "password",
     "deleted_at", "anonymous_id", "created_at", "last_login_at", "is_premium"],
)  # fmt: skip
async def test_nobody_gives_themselves_a_privilege(client: Client, field: str) -> None:
    ada = await signed_in(client)
    before = (await client.get(ME, headers=ada)).json()
    answer = await client.patch(ME, json={"role": "Boss", field: True}, headers=ada)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await client.get(ME, headers=ada)).json() == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"timezone": None}, "invalid"),
        ({"display_name": "a"}, "invalid"),
        ({"preferences": []}, "invalid"),
        ({"timezone": "Mars/Olympus"}, "invalid_timezone"),
        ({"github_url": "ftp://x.example"}, "invalid_url"),
        ({"data_retention_days": 1}, "invalid_retention"),
        ({"preferences": {"a": "\x00"}}, "invalid_preferences"),
    ],
)
async def test_a_bad_profile_is_refused(client: Client, change: dict[str, Any], code: str) -> None:
    answer = await client.patch(ME, json=change, headers=await signed_in(client))
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_preferences_nested_without_end_are_refused(client: Client) -> None:
    headers = await signed_in(client) | {"content-type": "application/json"}
    for depth in (1_000, 10_000):
        body = b'{"preferences":{"a":' + b"[" * depth + b"]" * depth + b"}}"
        answer = await client.patch(ME, content=body, headers=headers)
        assert answer.status_code == 422, depth
