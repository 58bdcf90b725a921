"""What is sent to do harm is refused early, and says no more than it should."""

from typing import Any

import httpx
import pytest

from tests.security.conftest import PASSWORD, Api, Server, Session

KIB = 1024
HASHES = 30

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


@pytest.mark.parametrize("size", [2 * KIB, 15 * KIB, 1024 * KIB])
@pytest.mark.parametrize("path", ["/auth/register", "/auth/login"])
def test_a_large_password_is_refused_and_not_hashed(server: Server, path: str, size: int) -> None:
    """A hash is nearly all that a sign-in costs: refusals take a small part of the processor time
    that as many wrong passwords take. Only the largest does not fit into a request."""

    def asked(where: str, password: str) -> tuple[set[int], float]:
        before = server.cpu_seconds
        body = {"password": password}
        statuses = {
            _status(server.a, where, body | {"email": f"{size}-{n}@example.org"})
            for n in range(HASHES)
        }
        return statuses, server.cpu_seconds - before

    statuses, refused = asked(path, "x" * size)
    assert statuses <= {401, 413, 422}
    statuses, hashed = asked("/auth/login", "a wrong password")
    assert statuses == {401}
    assert refused < hashed / 3
    assert server.sql("SELECT FROM users WHERE email LIKE $1", f"{size}-%@example.org") == []


def _status(api: Api, path: str, body: Any) -> int:
    """Whoever goes on sending what is refused may be cut off before they read why."""
    try:
        return api.post(path, json=body).status_code
    except httpx.TransportError:
        return 413


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
        "zero\u200bwidth@example.org",
        "joined\u200d@example.org",
        "soft\u00adhyphen@example.org",
        "\u202egro.elpmaxe@ada",
        "filled\u3164@example.org",
        "selected\ufe0f@example.org",
        '"quoted"@example.org',
        "comment(@evil.example)@example.org",
        "<ada@example.org>",
        "a,b@example.org",
        "ada@example.org.",
        "ada@example..org",
        "ada@127.0.0.1",
        "ada@[127.0.0.1]",
        "ada@-example.org",
        "ada@xn--.org",
        "ada@xn--example-.org",
        "ada@zero\u200bwidth.org",
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
        ("upper@bücher.example", "upper@BÜCHER.example"),
        ("alabel@bücher.example", "alabel@XN--BCHER-KVA.example"),
        ("composed@b\u00fccher.example", "composed@bu\u0308cher.example"),
        ("dots@bücher.example", "dots@bücher\u3002example"),
        ("fullwidth@example.org", "ｆｕｌｌｗｉｄｔｈ＠ｅｘａｍｐｌｅ．ｏｒｇ"),
        ("kelvin@example.org", "\u212aelvin@example.org"),
        ("strong@example.org", "\u017ftrong@example.org"),
        ("fine@example.org", "\ufb01ne@example.org"),
        ("é-composed@example.org", "e\u0301-composed@example.org"),
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


@pytest.mark.parametrize(
    ("address", "alike"),
    [
        ("paypal@example.org", "p\u0430ypal@example.org"),  # Cyrillic a
        ("root@example.org", "r\u03bfot@example.org"),  # Greek omicron
        ("mike@example.org", "m\u0131ke@example.org"),  # i without a dot
        ("mike.i@example.org", "mike.\u0130@example.org"),  # I with a dot
        ("sigma.σ@example.org", "sigma.ς@example.org"),
        ("fuss@example.org", "fu\u00df@example.org"),
        ("ada@strasse.example", "ada@stra\u00dfe.example"),
        ("ada@apple.example", "ada@\u0430pple.example"),
        ("ada@mike.example", "ada@m\u0131ke.example"),
        ("plus@example.org", "plus+tag@example.org"),
        ("d.o.t@example.org", "dot@example.org"),
    ],
)
def test_an_address_that_looks_alike_is_another_one(
    server: Server, address: str, alike: str
) -> None:
    """Else its owner could sign in as the other, or be mailed the other's reset link."""
    account = server.a.register(address)
    body = {"email": alike, "password": PASSWORD}
    assert server.b.post("/auth/login", json=body).status_code == 401
    assert server.b.post("/auth/password/forgot", json={"email": alike}).status_code == 202
    assert server.a.register(alike).id != account.id
    assert server.a.post("/auth/login", json=body).json()["user"]["id"] != account.id
    resets = "SELECT FROM one_time_tokens WHERE user_id = $1 AND purpose = 'password_reset'"
    assert server.sql(resets, account.id) == []


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
