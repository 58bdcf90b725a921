"""Each of the five products that Colonnade serves wrote down how its clients sign in. Here every plan's
own flow is played, request for request, with the paths, verbs, bodies and statuses it names."""

import pytest
from dishka import AsyncContainer

from application.identity.users import RegisterUser, Registration
from tests.http.conftest import Client

EMAIL, PASSWORD = "ada@example.org", "correct horse battery"
ADA = {"email": EMAIL, "password": PASSWORD}
FORM = {"username": EMAIL, "password": PASSWORD}  # as OAuth 2 names them
ROOT = "root@example.org"
NEW_PASSWORD = "a rather different staple"
OUR_PAGE = {"origin": "http://localhost:8000"}
SECRETS = {"password", "password_hash", "hashed_password", "failed_login_attempts", "locked_until"}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


# MindFlow: JSON, a pair of tokens, 204 at the end


async def test_mindflow_registers_logs_in_by_json_and_logs_out(client: Client) -> None:
    account = ADA | {"display_name": "Ada", "timezone": "Europe/London", "locale": "en-GB"}
    registered = await client.post("/api/v1/auth/register", json=account)
    assert registered.status_code == 201

    login = await client.post("/api/v1/auth/login", json=ADA)
    assert login.status_code == 200
    tokens = login.json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 30 * 60)

    me = await client.get("/api/v1/auth/me", headers=bearer(tokens["access_token"]))
    assert me.status_code == 200
    shown = me.json()
    assert (shown["display_name"], shown["timezone"]) == ("Ada", "Europe/London")
    assert (shown["subscription_tier"], shown["is_premium"]) == ("free", False)
    assert {"id", "email_verified", "avatar_url", "locale", "created_at"} <= shown.keys()

    logout = await client.post("/api/v1/auth/logout", headers=bearer(tokens["access_token"]))
    assert (logout.status_code, logout.content) == (204, b"")
    again = await client.get("/api/v1/auth/me", headers=bearer(tokens["access_token"]))
    assert again.status_code == 401
    assert again.headers["www-authenticate"].startswith("Bearer")


async def test_mindflow_tells_an_unknown_address_and_a_wrong_password_alike(client: Client) -> None:
    await client.post("/api/v1/auth/register", json=ADA)
    wrong = await client.post("/api/v1/auth/login", json=ADA | {"password": "wrong password"})
    unknown = await client.post("/api/v1/auth/login", json=ADA | {"email": "bob@example.org"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json()["detail"] == unknown.json()["detail"]


# Accounts and vectors: the OAuth 2 form, refresh tokens, administrators


async def test_accounts_and_vectors_logs_in_by_form_refreshes_and_updates_with_put(
    client: Client,
) -> None:
    account = ADA | {"full_name": "Ada Lovelace"}
    assert (await client.post("/api/v1/auth/register", json=account)).status_code == 201
    again = await client.post("/api/v1/auth/register", json=account)
    assert (again.status_code, again.json()["code"]) == (409, "email_taken")

    login = await client.post("/api/v1/auth/login", data=FORM)
    assert login.status_code == 200
    refresh = {"refresh_token": login.json()["refresh_token"]}
    refreshed = await client.post("/api/v1/auth/refresh", json=refresh)
    assert refreshed.status_code == 200
    assert {"access_token", "refresh_token", "token_type", "expires_in"} <= refreshed.json().keys()

    headers = bearer(refreshed.json()["access_token"])
    me = await client.get("/api/v1/users/me", headers=headers)
    assert (me.status_code, me.json()["is_admin"]) == (200, False)
    updated = await client.put(
        "/api/v1/users/me", json={"full_name": "Augusta Ada King"}, headers=headers
    )
    assert (updated.status_code, updated.json()["full_name"]) == (200, "Augusta Ada King")
    denied = await client.get("/api/v1/users", headers=headers)
    assert (denied.status_code, denied.json()["detail"]) == (403, "this is for administrators")


@pytest.mark.parametrize(
    "account", [ADA | {"email": ""}, ADA | {"email": "ada"}, ADA | {"password": "seven77"}]
)
async def test_accounts_and_vectors_refuses_bad_registrations(
    client: Client, account: dict[str, str]
) -> None:
    assert (await client.post("/api/v1/auth/register", json=account)).status_code == 422


@pytest.mark.parametrize("token", ["", "no-token", "access"])
async def test_accounts_and_vectors_refuses_what_is_no_refresh_token(
    client: Client, token: str
) -> None:
    await client.post("/api/v1/auth/register", json=ADA)
    tokens = (await client.post("/api/v1/auth/login", data=FORM)).json()
    presented = tokens["access_token"] if token == "access" else token
    answer = await client.post("/api/v1/auth/refresh", json={"refresh_token": presented})
    assert answer.status_code == 401


async def test_accounts_and_vectors_hears_which_field_of_the_form_is_missing(
    client: Client,
) -> None:
    answer = await client.post("/api/v1/auth/login", data=ADA)  # `email`, as in JSON
    assert answer.status_code == 422
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [
        ("/username", "missing")
    ]


async def test_accounts_and_vectors_administers(client: Client, memory: AsyncContainer) -> None:
    ada = (await client.post("/api/v1/auth/register", json=ADA)).json()["id"]
    async with memory() as request:
        register = await request.get(RegisterUser)
        root = await register(Registration(ROOT, PASSWORD), is_admin=True)
    login = await client.post("/api/v1/auth/login", data=FORM | {"username": ROOT})
    headers = bearer(login.json()["access_token"])

    listed = await client.get("/api/v1/users?skip=0&limit=10", headers=headers)
    assert listed.status_code == 200
    assert [user["email"] for user in listed.json()] == [ROOT, EMAIL]
    skipped = await client.get("/api/v1/users?skip=1&limit=10", headers=headers)
    assert [user["email"] for user in skipped.json()] == [EMAIL]

    shown = await client.get(f"/api/v1/users/{ada}", headers=headers)
    assert (shown.status_code, shown.json()["email"]) == (200, EMAIL)
    taken = await client.put(f"/api/v1/users/{ada}", json={"email": ROOT}, headers=headers)
    assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")

    assert (await client.delete(f"/api/v1/users/{ada}", headers=headers)).status_code == 204
    assert (await client.delete(f"/api/v1/users/{ada}", headers=headers)).status_code == 404
    itself = await client.delete(f"/api/v1/users/{root.id}", headers=headers)
    assert (itself.status_code, itself.json()["code"]) == (409, "cannot_delete_self")


# Elenchus: who one is at work


async def test_elenchus_registers_logs_in_by_form_and_reads_the_profile(client: Client) -> None:
    account = ADA | {
        "full_name": "Ada Lovelace",
        "organization": "Analytical Engines LLP",
        "role": "lawyer",
    }
    registered = await client.post("/api/v1/auth/register", json=account)
    assert registered.status_code == 201
    assert registered.json()["role"] == "lawyer"

    login = await client.post("/api/v1/auth/login", data=FORM)
    assert login.json()["user"]["email"] == EMAIL

    me = await client.get("/api/v1/auth/me", headers=bearer(login.json()["access_token"]))
    shown = me.json()
    assert (shown["organization"], shown["role"]) == ("Analytical Engines LLP", "lawyer")
    assert (shown["full_name"], shown["is_active"]) == ("Ada Lovelace", True)
    assert shown["last_login_at"] is not None  # the plan's last_login


@pytest.mark.parametrize("privilege", [{"is_active": True}, {"is_superuser": True}])
async def test_elenchus_lets_nobody_register_with_flags(
    client: Client, privilege: dict[str, bool]
) -> None:
    answer = await client.post("/api/v1/auth/register", json=ADA | privilege)
    assert answer.status_code == 422


# LunchTogether: under /api, in a cookie that no script can read


async def test_lunchtogether_signs_in_with_a_cookie(client: Client) -> None:
    account = ADA | {"full_name": "Ada Lovelace"}
    registered = await client.post("/api/auth/register", json=account)
    assert registered.status_code == 201

    login = await client.post("/api/auth/login", json=ADA, headers=OUR_PAGE)
    assert login.status_code == 200
    assert login.json()["user"]["email"] == EMAIL
    cookies = login.headers.get_list("set-cookie")
    assert len(cookies) == 2
    assert all("HttpOnly" in line.split("; ") for line in cookies)

    me = await client.get("/api/auth/me")  # the cookie is sent by the client
    assert (me.status_code, me.json()["full_name"]) == (200, "Ada Lovelace")
    assert (await client.get("/api/users/me")).json() == me.json()

    token = (await client.get("/api/auth/csrf")).json()["csrf_token"]
    page = OUR_PAGE | {"x-csrf-token": token}
    own = f"/api/users/{me.json()['id']}"
    assert (await client.get(own)).json()["email"] == EMAIL
    unguarded = await client.patch(own, json={"display_name": "Ada"}, headers=OUR_PAGE)
    assert (unguarded.status_code, unguarded.json()["code"]) == (403, "csrf_failed")
    changed = await client.patch(own, json={"display_name": "Ada"}, headers=page)
    assert (changed.status_code, changed.json()["display_name"]) == (200, "Ada")
    changed = await client.patch("/api/users/me", json={"display_name": "A. L."}, headers=page)
    assert (changed.status_code, changed.json()["display_name"]) == (200, "A. L.")
    assert (await client.get("/api/users")).status_code == 403

    logout = await client.post("/api/auth/logout", headers=page)
    assert logout.status_code == 204
    assert not dict(client.cookies)
    assert (await client.get("/api/auth/me")).status_code == 401


async def test_everything_of_auth_and_users_answers_under_lunchtogethers_prefix(
    client: Client,
) -> None:
    document = (await client.get("/openapi.json")).json()
    canonical = [
        (method, path.removeprefix("/api/v1"))
        for path, item in document["paths"].items()
        for method in item
        if path.startswith(("/api/v1/auth/", "/api/v1/users")) and "/oauth/" not in path
    ]
    assert ("delete", "/users/me") in canonical
    some = "01a1fcb7-3dd3-738d-ad60-40a11becaaba"
    for method, path in canonical:
        concrete = "/".join(some if "{" in part else part for part in path.split("/"))
        answers = [
            await client.request(method, prefix + concrete, headers=OUR_PAGE)
            for prefix in ("/api", "/api/v1")
        ]
        assert answers[0].status_code == answers[1].status_code, (method, path)
        assert answers[0].status_code not in (404, 405), (method, path)


# The job assistant: one person's account, kept up to date


async def test_the_job_assistant_keeps_a_profile_and_changes_the_password(client: Client) -> None:
    account = ADA | {"full_name": "Ada Lovelace"}
    registered = await client.post("/api/v1/auth/register", json=account)
    assert registered.status_code == 201
    assert not SECRETS & registered.json().keys()
    duplicate = await client.post("/api/v1/auth/register", json=account | {"email": EMAIL.upper()})
    assert (duplicate.status_code, duplicate.json()["code"]) == (409, "email_taken")

    login = await client.post("/api/v1/auth/login", json=ADA)
    headers = bearer(login.json()["access_token"])
    profile = {
        "phone": "+44 20 7946 0018",
        "location": "London",
        "linkedin_url": "https://www.linkedin.com/in/ada",
        "github_url": "https://github.com/ada",
        "portfolio_url": "https://ada.example.org",
    }
    changed = await client.patch("/api/v1/auth/me", json=profile, headers=headers)
    assert changed.status_code == 200
    me = (await client.get("/api/v1/auth/me", headers=headers)).json()
    assert {name: me[name] for name in profile} == profile

    wrong = {"current_password": "not this one", "new_password": NEW_PASSWORD}
    answer = await client.post("/api/v1/auth/change-password", json=wrong, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    right = wrong | {"current_password": PASSWORD}
    weak = right | {"new_password": "short"}
    answer = await client.post("/api/v1/auth/change-password", json=weak, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "weak_password")
    answer = await client.post("/api/v1/auth/change-password", json=right, headers=headers)
    assert (answer.status_code, answer.json()["message"]) == (200, "the password is changed")

    assert (await client.post("/api/v1/auth/login", json=ADA)).status_code == 401
    renewed = await client.post("/api/v1/auth/login", json=ADA | {"password": NEW_PASSWORD})
    assert renewed.status_code == 200
