"""What administrators do, and that nobody else does."""

from typing import Any
from uuid import uuid4

import pytest
from dishka import AsyncContainer

from application.identity.users import RegisterUser, Registration
from tests.http.conftest import CREDENTIALS, Client, signed_in

USERS, ME, AUDIT = "/api/v1/users", "/api/v1/users/me", "/api/v1/audit"
BOB = "bob@example.org"
NEW = {"email": BOB, "password": "correct horse battery"}

type Headers = dict[str, str]


@pytest.fixture
async def admin(client: Client, memory: AsyncContainer) -> Headers:
    return await an_admin(client, memory, "root@example.org")


async def an_admin(client: Client, memory: AsyncContainer, email: str) -> Headers:
    async with memory() as request:
        registration = Registration(email, CREDENTIALS["password"])
        await (await request.get(RegisterUser))(registration, is_admin=True)
    return await signed_in(client, email)


async def id_of(client: Client, headers: Headers) -> str:
    return str((await client.get(ME, headers=headers)).json()["id"])


async def actions(client: Client, admin: Headers) -> list[str]:
    entries = (await client.get(f"{AUDIT}?size=100", headers=admin)).json()["items"]
    return [entry["action"] for entry in reversed(entries)]


ROUTES = [
    ("GET", USERS, None),
    ("POST", USERS, NEW),
    ("GET", f"{USERS}/{{id}}", None),
    ("PATCH", f"{USERS}/{{id}}", {"role": "Boss"}),
    ("PUT", f"{USERS}/{{id}}", {"role": "Boss"}),
    ("DELETE", f"{USERS}/{{id}}", None),
    ("POST", f"{USERS}/{{id}}/deactivate", None),
    ("POST", f"{USERS}/{{id}}/activate", None),
    ("POST", f"{USERS}/{{id}}/restore", None),
    ("GET", AUDIT, None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
async def test_who_is_no_administrator_is_refused_and_that_is_on_record(
    client: Client, admin: Headers, method: str, path: str, body: Any
) -> None:
    ada = await signed_in(client)
    for target in (await id_of(client, admin), str(uuid4())):
        answer = await client.request(method, path.format(id=target), json=body, headers=ada)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    denied = (await client.get(f"{AUDIT}?action=admin.denied", headers=admin)).json()["items"]
    assert len(denied) == 2
    assert {entry["outcome"] for entry in denied} == {"denied"}
    assert {entry["actor_id"] for entry in denied} == {await id_of(client, ada)}
    assert denied[0]["request_id"] == answer.headers["x-request-id"]


async def test_one_may_look_at_and_change_oneself_by_id(client: Client, admin: Headers) -> None:
    ada = await signed_in(client)
    mine = f"{USERS}/{await id_of(client, ada)}"
    assert (await client.get(mine, headers=ada)).json()["deleted_at"] is None
    for method in ("PATCH", "PUT"):
        answer = await client.request(method, mine, json={"role": method}, headers=ada)
        assert (answer.status_code, answer.json()["role"]) == (200, method)


@pytest.mark.parametrize(
    "privilege",
    [
        {"is_admin": True},
        {"is_active": True},
        {"email": "new@example.org"},
        {"email_verified": True},
        {"subscription_tier": "premium"},
        {"subscription_expires_at": None},
    ],
)
async def test_nobody_gives_themselves_a_privilege_by_id(
    client: Client, admin: Headers, privilege: dict[str, Any]
) -> None:
    ada = await signed_in(client)
    before = (await client.get(ME, headers=ada)).json()
    body = {"role": "Boss"} | privilege
    answer = await client.patch(f"{USERS}/{before['id']}", json=body, headers=ada)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert (await client.get(ME, headers=ada)).json() == before
    assert "admin.denied" in await actions(client, admin)


async def test_an_administrator_opens_an_account(client: Client, admin: Headers) -> None:
    answer = await client.post(USERS, json=NEW | {"email_verified": True}, headers=admin)
    assert answer.status_code == 201
    assert answer.json().items() >= {"email": BOB, "email_verified": True}.items()
    assert "password" not in answer.text
    shown = await client.get(answer.headers["location"], headers=admin)
    assert shown.json() == answer.json()
    again = await client.post(USERS, json=NEW, headers=admin)
    assert (again.status_code, again.json()["code"]) == (409, "email_taken")
    assert (await actions(client, admin)).count("user.created") == 1
    await signed_in(client, BOB)


async def test_a_change_of_power_is_felt_by_a_live_token_at_once(
    client: Client, admin: Headers, memory: AsyncContainer
) -> None:
    bob = await an_admin(client, memory, BOB)
    target = f"{USERS}/{await id_of(client, bob)}"
    assert (await client.get(USERS, headers=bob)).status_code == 200

    demoted = await client.patch(target, json={"is_admin": False}, headers=admin)
    assert demoted.status_code == 200
    assert (await client.get(ME, headers=bob)).status_code == 401
    bob = await signed_in(client, BOB)
    assert (await client.get(USERS, headers=bob)).status_code == 403

    assert (await client.post(f"{target}/deactivate", headers=admin)).json()["is_active"] is False
    assert (await client.get(ME, headers=bob)).status_code == 401
    login = await client.post("/api/v1/auth/login", json=NEW)
    assert (login.status_code, login.json()["code"]) == (403, "account_inactive")

    assert (await client.post(f"{target}/activate", headers=admin)).json()["is_active"] is True
    assert (await client.get(ME, headers=bob)).status_code == 401, "its session came back to life"
    await signed_in(client, BOB)
    done = [action for action in await actions(client, admin) if action.startswith("user.")]
    assert done == ["user.demoted", "user.deactivated", "user.activated"]


async def test_a_deleted_account_is_gone_and_comes_back(client: Client, admin: Headers) -> None:
    bob = await signed_in(client, BOB)
    target = f"{USERS}/{await id_of(client, bob)}"
    assert (await client.delete(target, headers=admin)).status_code == 204
    assert (await client.delete(target, headers=admin)).status_code == 404
    assert (await client.patch(target, json={"role": "x"}, headers=admin)).status_code == 404
    assert (await client.get(ME, headers=bob)).status_code == 401
    assert (await client.post("/api/v1/auth/login", json=NEW)).status_code == 401
    assert (await client.get(target, headers=admin)).json()["deleted_at"] is not None
    listed = (await client.get(f"{USERS}?deleted=true", headers=admin)).json()["items"]
    assert [user["email"] for user in listed] == [BOB]

    assert (await client.post(f"{target}/restore", headers=admin)).json()["deleted_at"] is None
    assert (await client.post(f"{target}/restore", headers=admin)).status_code == 404
    assert (await client.get(ME, headers=bob)).status_code == 401, "its session came back to life"
    await signed_in(client, BOB)
    assert {"user.deleted", "user.restored"} <= set(await actions(client, admin))


async def test_who_took_a_freed_email_keeps_it(client: Client, admin: Headers) -> None:
    bob = await signed_in(client, BOB)
    target = f"{USERS}/{await id_of(client, bob)}"
    await client.delete(target, headers=admin)
    assert (await client.post("/api/v1/auth/register", json=NEW)).status_code == 201
    answer = await client.post(f"{target}/restore", headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


async def test_administrators_do_not_end_themselves(client: Client, admin: Headers) -> None:
    me = f"{USERS}/{await id_of(client, admin)}"
    refused = [
        (await client.delete(me, headers=admin), "cannot_delete_self"),
        (await client.patch(me, json={"is_admin": False}, headers=admin), "cannot_demote_self"),
        (await client.post(f"{me}/deactivate", headers=admin), "cannot_deactivate_self"),
        (await client.delete(ME, headers=admin), "last_admin"),
    ]
    for answer, code in refused:
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert (await client.get(USERS, headers=admin)).status_code == 200


async def test_a_changed_email_is_the_name_and_signs_out(client: Client, admin: Headers) -> None:
    bob, ada = await signed_in(client, BOB), await signed_in(client)
    target = f"{USERS}/{await id_of(client, bob)}"
    taken = await client.patch(target, json={"email": " ADA@example.org"}, headers=admin)
    assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")
    changed = await client.patch(target, json={"email": "B@Example.org"}, headers=admin)
    assert changed.json()["email"] == "b@example.org"
    assert (await client.get(ME, headers=bob)).status_code == 401
    assert (await client.get(ME, headers=ada)).status_code == 200
    await signed_in(client, "b@example.org")
    assert "user.email_changed" in await actions(client, admin)


async def test_a_list_comes_in_three_styles(client: Client, admin: Headers) -> None:
    for number in range(4):
        await client.post(USERS, json=NEW | {"email": f"u{number}@example.org"}, headers=admin)
    everybody = ["root@example.org", *(f"u{number}@example.org" for number in range(4))]

    async def asked(query: str) -> Any:
        return (await client.get(f"{USERS}?sort=email&{query}", headers=admin)).json()

    def emails(users: list[dict[str, Any]]) -> list[str]:
        return [user["email"] for user in users]

    first = await asked("size=3")
    second = await asked(f"size=3&after={first['next']}")
    assert emails(first["items"]) + emails(second["items"]) == everybody
    assert second["next"] is None

    numbered = await asked("page=2&page_size=3")
    assert emails(numbered.pop("items")) == everybody[3:]
    assert numbered == {"total": 5, "page": 2, "page_size": 3, "total_pages": 2}

    assert emails(await asked("skip=1&limit=2")) == everybody[1:3]


@pytest.mark.parametrize(
    "query",
    ["size=5&page=1", "skip=0&size=5", "limit=5&page_size=5", "after=01890000-0000-7000-8000-000000000000&skip=1",
     "size=0", "size=101", "page=0", "limit=1000", "skip=-1", "sort=password", "is_admin=maybe"],
)  # fmt: skip
async def test_a_page_that_is_none_is_refused(client: Client, admin: Headers, query: str) -> None:
    answer = await client.get(f"{USERS}?{query}", headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_the_log_is_paged_by_number_and_filtered(client: Client, admin: Headers) -> None:
    for number in range(3):
        await client.post(USERS, json=NEW | {"email": f"u{number}@example.org"}, headers=admin)

    async def asked(query: str) -> Any:
        return (await client.get(f"{AUDIT}?{query}", headers=admin)).json()

    first = await asked("size=2")
    second = await asked(f"size=2&before={first['next']}")
    entries = first["items"] + second["items"]
    assert [entry["number"] for entry in entries] == [4, 3, 2, 1]
    assert entries[-1]["action"] == "session.opened"
    assert second["next"] is None
    assert [
        e["number"] for e in (await asked(f"object_id={entries[1]['object_id']}"))["items"]
    ] == [3]
    for nothing in ("action=user.deleted", f"actor_id={uuid4()}", "outcome=denied"):
        assert (await asked(nothing))["items"] == []
    wide, narrow = "2000-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
    assert len((await asked(f"since={wide}&until={narrow}"))["items"]) == 4
    assert (await asked(f"since={narrow}"))["items"] == []
    assert (
        await client.get(f"{AUDIT}?since=2026-01-01T00:00:00", headers=admin)
    ).status_code == 422
