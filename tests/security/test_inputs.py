"""What is sent to do harm is refused early, and says no more than it should."""

import time
from typing import Any

import pytest

from tests.security.conftest import PASSWORD, Server, Session

MEGABYTE = "x" * 1024 * 1024
QUICKLY = 2.0  # seconds, on a busy machine

PRIVILEGED: dict[str, Any] = {
    "id": "00000000-0000-7000-8000-000000000000",
    "is_admin": True,
    "is_active": True,
    "is_premium": True,
    "email_verified": True,
    "subscription_tier": "premium",
    "subscription_expires_at": "2099-01-01T00:00:00Z",
    "password_hash": "$argon2id$",
    "anonymous_id": "00000000-0000-7000-8000-000000000000",
    "created_at": "2000-01-01T00:00:00Z",
    "deleted_at": None,
    "last_login_at": None,
    "scopes": ["admin"],
}


@pytest.fixture(scope="module")
def session(server: Server) -> Session:
    return server.a.sign_up()


@pytest.mark.parametrize("path", ["/auth/register", "/auth/login"])
def test_a_password_of_a_megabyte_is_refused_before_it_is_hashed(server: Server, path: str) -> None:
    began = time.monotonic()
    body = {"email": "large@example.org", "password": MEGABYTE}
    answer = server.a.post(path, json=body)
    assert answer.status_code in (413, 422)
    assert time.monotonic() - began < QUICKLY
    assert server.sql("SELECT FROM users WHERE email = 'large@example.org'") == []


@pytest.mark.parametrize(
    "email",
    [
        "nul\x00@example.org",
        "line\r\nbcc: eve@example.org",
        "line@example.org\r\nbcc: eve@example.org",
        f"{'x' * 300}@example.org",
        f"x@{'y' * 300}.org",
        "two@at@example.org",
        "@example.org",
        "",
    ],
)
def test_what_is_no_address_opens_no_account(server: Server, email: str) -> None:
    for path in ("/auth/register", "/auth/login"):
        answer = server.a.post(path, json={"email": email, "password": PASSWORD})
        refused = (400, 422) if path.endswith("register") else (400, 401, 422)
        assert answer.status_code in refused, answer.text


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ("case@example.org", "CASE@Example.ORG"),
        ("space@example.org", "  space@example.org "),
        ("idna@bücher.example", "idna@xn--bcher-kva.example"),
        ("wide@bücher.example", "wide@BÜCHER.example"),
    ],
)
def test_the_spellings_of_an_address_are_one_account(
    server: Server, first: str, again: str
) -> None:
    account = server.a.register(first)
    taken = server.b.post("/auth/register", json={"email": again, "password": PASSWORD})
    assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")
    login = server.b.post("/auth/login", json={"email": again, "password": PASSWORD})
    assert login.json()["user"]["id"] == account.id


@pytest.mark.parametrize("name", PRIVILEGED)
def test_nobody_gives_himself_what_is_not_his_to_give(
    server: Server, session: Session, name: str
) -> None:
    given = {name: PRIVILEGED[name]}
    account = {"email": f"mass-{name}@example.org", "password": PASSWORD}
    assert server.a.post("/auth/register", json=account | given).status_code == 422
    before = server.a.get("/users/me", headers=session.headers).json()
    for method in ("PATCH", "PUT"):
        changed = server.a.request(method, "/users/me", json=given, headers=session.headers)
        assert changed.status_code == 422
    assert server.b.get("/users/me", headers=session.headers).json() == before


def test_an_own_account_by_its_id_is_not_the_administrators_door(server: Server) -> None:
    account = server.a.register()
    headers = server.a.log_in(account).headers
    for name in ("is_admin", "is_active", "email_verified"):
        answer = server.a.patch(f"/users/{account.id}", json={name: True}, headers=headers)
        assert answer.status_code == 403
