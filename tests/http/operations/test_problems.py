"""What somebody with curl reads when something goes wrong."""

from typing import Any

import pytest

from tests.http.conftest import CREDENTIALS, Client, signed_in

REGISTER = "/api/v1/auth/register"
JSON = {"content-type": "application/json"}


async def test_the_type_of_a_problem_leads_to_its_explanation(client: Client) -> None:
    problem = (await client.get("/api/v1/users/me")).json()
    explained = (await client.get(problem["type"])).json()
    assert explained["code"] == problem["code"] == "unauthenticated"
    assert explained["title"] == problem["title"]
    assert explained["status"] == 401
    assert "/api/v1/auth/login" in explained["explanation"]


async def test_all_problems_are_listed_by_status(client: Client) -> None:
    listed = (await client.get("/problems")).json()
    statuses = [one["status"] for one in listed]
    assert statuses == sorted(statuses)
    for one in listed:
        assert (await client.get(one["type"])).json() == one


async def test_an_unknown_code_is_not_found(client: Client) -> None:
    answer = await client.get("/problems/teapot")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_the_root_leads_to_everything_else(client: Client) -> None:
    root = (await client.get("/")).json()
    for name in ("docs", "redoc", "openapi", "health", "problems"):
        assert (await client.get(root[name])).status_code == 200


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_json_has_to_be_declared(client: Client, media_type: str) -> None:
    """A browser sends these types from foreign sites without asking."""
    body = b'{"email":"eve@example.org","password":"correct horse battery"}'
    headers = {"content-type": media_type} if media_type else {}
    answer = await client.post(REGISTER, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert answer.json()["detail"] == "send application/json"


async def test_json_has_to_be_declared_by_who_is_signed_in_too(client: Client) -> None:
    headers = await signed_in(client) | {"content-type": "text/plain"}
    answer = await client.post("/api/v1/search", content=b'{"query":"invoices"}', headers=headers)
    assert answer.status_code == 415


async def test_who_is_unknown_hears_that_first(client: Client) -> None:
    answer = await client.post("/api/v1/search", content=b"{")
    assert answer.status_code == 401


async def test_json_may_name_its_charset(client: Client) -> None:
    headers = {"content-type": "application/json; charset=utf-8"}
    answer = await client.post(REGISTER, content=b"{}", headers=headers)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"email":', "the body is not JSON: Input data was truncated"),
        (b'{"email":"\xe9@example.org"}', "the body is not JSON: it is not in UTF-8"),
    ],
)
@pytest.mark.parametrize("path", [REGISTER, "/api/v1/auth/login"])
async def test_what_is_not_json_is_told_why(
    client: Client, path: str, body: bytes, reason: str
) -> None:
    answer = await client.post(path, content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert answer.json()["detail"] == reason


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b'{"email":"a\\u0000b"}', ("/email", "invalid", "Expected `str` without NUL (U+0000)")),
        (b"", ("", "missing", "a body is needed")),
        (b"{}", ("/email", "missing", "Object missing required field `email`")),
        (b'{"a/b~c":1}', ("/a~1b~0c", "unknown", "Object contains unknown field `a/b~c`")),
        (b'{"email":7}', ("/email", "invalid", "Expected `str`, got `int`")),
        (b"[]", ("", "invalid", "Expected `object`, got `array`")),
    ],
)
async def test_a_fault_is_pointed_at(
    client: Client, body: bytes, fault: tuple[str, str, str]
) -> None:
    problem = (await client.post(REGISTER, content=body, headers=JSON)).json()
    assert problem["code"] == "invalid"
    assert [tuple(one.values()) for one in problem["errors"]] == [fault]


async def test_a_fault_in_a_list_points_at_the_item(client: Client) -> None:
    ada = await signed_in(client)
    body: dict[str, Any] = {"query": "late", "document_ids": ["nonsense"]}
    problem = (await client.post("/api/v1/search", json=body, headers=ada)).json()
    assert problem["errors"][0]["pointer"] == "/document_ids/0"


async def test_a_parameter_that_is_not_there_is_pointed_at(client: Client) -> None:
    problem = (await client.get("/api/v1/search", headers=await signed_in(client))).json()
    assert problem["detail"] == "/q: this parameter is needed"
    assert problem["errors"] == [
        {"pointer": "/q", "code": "missing", "detail": "this parameter is needed"}
    ]


async def test_what_http_itself_refuses_says_what_helps(client: Client) -> None:
    unknown = (await client.get("/api/v1/nothing")).json()
    assert unknown["detail"] == "there is nothing at this path"
    wrong = await client.put("/api/v1/health")
    assert "Allow" in wrong.json()["detail"]
    assert "GET" in wrong.headers["allow"]
    large = await client.post(REGISTER, content=b"{" + b" " * 20_000, headers=JSON)
    assert (large.status_code, large.json()["detail"]) == (
        413,
        "the body is larger than this route takes",
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", REGISTER, {"email": "nobody", "password": "correct horse"}, "invalid_email"),
        ("POST", REGISTER, {"password": "short", "email": "eve@example.org"}, "weak_password"),
        ("PATCH", "/api/v1/users/me", {"timezone": "Mars/Olympus"}, "invalid_timezone"),
        ("PATCH", "/api/v1/users/me", {"github_url": "javascript:1"}, "invalid_url"),
        ("PATCH", "/api/v1/users/me", {"data_retention_days": 1}, "invalid_retention"),
        (
            "POST",
            "/api/v1/auth/password/change",
            {"new_password": "short", "current_password": CREDENTIALS["password"]},
            "weak_password",
        ),
        (
            "POST",
            "/api/v1/auth/email/change",
            {"new_email": "nobody", "password": CREDENTIALS["password"]},
            "invalid_email",
        ),
    ],
)
async def test_a_rule_that_a_field_breaks_names_the_field(
    client: Client, method: str, path: str, body: dict[str, Any], code: str
) -> None:
    headers = await signed_in(client)
    problem = (await client.request(method, path, json=body, headers=headers)).json()
    (fault,) = problem["errors"]
    assert (problem["code"], fault["code"], fault["detail"]) == (code, code, problem["detail"])
    assert fault["pointer"] == f"/{next(iter(body))}"
