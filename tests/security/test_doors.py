"""Every kind of token opens its own door and no other."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.security.conftest import OURS, PASSWORD, Account, Api, Server, Session, bearer

NEW = "a new and better password"
AT_ONCE = 20


def _by_header(api: Api, token: str) -> httpx.Response:
    return api.get("/users/me", headers=bearer(token))


def _session_only(api: Api, token: str) -> httpx.Response:
    return api.get("/auth/sessions", headers=bearer(token))


def _by_body(path: str, name: str = "token", **more: str) -> Callable[[Api, str], httpx.Response]:
    return lambda api, token: api.post(path, json={name: token} | more)


def _return(api: Api, token: str) -> httpx.Response:
    cookies = {"cookie": f"colonnade_oauth={token}"}
    query = {"state": token, "code": "x"}
    return api.get("/auth/oauth/oidc/callback", params=query, headers=cookies)


# Which kinds open a door, in an order in which one leaves the next alive: an address that was
# changed needs no verification any more. An API key opens accounts as an access token does. What
# comes back from a provider needs two kinds at once: test_providers.py.
DOORS: dict[str, tuple[set[str], Callable[[Api, str], httpx.Response]]] = {
    "account": ({"access", "api key"}, _by_header),
    "sessions": ({"access"}, _session_only),
    "refresh": ({"refresh"}, _by_body("/auth/refresh", "refresh_token")),
    "verification": ({"verification"}, _by_body("/auth/email/verify")),
    "email change": ({"email change"}, _by_body("/auth/email/change/confirm")),
    "reset": ({"reset"}, _by_body("/auth/password/reset", new_password=NEW)),
    "provider": (set(), _return),
}
KINDS = ["access", "refresh", "api key", "reset", "verification", "email change", "csrf"]
KINDS += ["provider's state", "provider's cookie"]


@pytest.fixture(scope="module")
def tokens(server: Server) -> dict[str, str]:
    """One of each kind, all of them alive. The reset token is another account's, for a changed
    address ends it."""
    account, forgetful = server.a.register(), server.a.register()
    session = server.a.log_in(account)
    server.a.post("/auth/password/forgot", json={"email": forgetful.email})
    new = Account(f"new-{account.email}", account.id)
    body = {"new_email": new.email, "password": PASSWORD}
    asked = server.a.post("/auth/email/change", json=body, headers=session.headers)
    assert asked.status_code == 202
    cookies = {"cookie": f"colonnade_access={session.access}"}
    csrf = server.a.get("/auth/csrf", headers=cookies).json()["csrf_token"]
    away = server.a.get("/auth/oauth/oidc/start")
    server.a.cookies.clear()  # it is no browser
    return {
        "access": session.access,
        "refresh": session.refresh,
        "api key": server.a.api_key(session, "profile").key,
        "reset": server.mailed_token(forgetful, "Reset your password"),
        "verification": server.mailed_token(account, "Verify your e-mail address"),
        "email change": server.mailed_token(new, "Confirm your new e-mail address"),
        "csrf": csrf,
        "provider's state": away.headers["location"].partition("&state=")[2][:43],
        "provider's cookie": away.cookies["colonnade_oauth"],
    }


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_token_opens_no_door_of_another_kind(
    server: Server, tokens: dict[str, str], kind: str, door: str
) -> None:
    kinds, knock = DOORS[door]
    if kind in kinds:
        pytest.skip("its own door: opened below, once every other was tried")
    for api in (server.a, server.b):
        assert knock(api, tokens[kind]).status_code in (400, 401, 403, 404, 422)


def test_each_token_opens_its_own_door_after_all_that(
    server: Server, tokens: dict[str, str]
) -> None:
    """So the refusals above were not because it was dead. The last door ends the sessions."""
    for kinds, knock in DOORS.values():
        for kind in sorted(kinds):
            answer = knock(server.b, tokens[kind])
            assert answer.status_code == 200, (kind, answer.text)


def test_a_reset_token_that_is_used_twenty_times_at_once_works_once(server: Server) -> None:
    account = server.a.register()
    server.a.post("/auth/password/forgot", json={"email": account.email})
    token = server.mailed_token(account, "Reset your password")
    apis = (server.a, server.b)

    def reset(n: int) -> int:
        body = {"token": token, "new_password": f"{NEW} {n:02}"}
        return apis[n % 2].post("/auth/password/reset", json=body).status_code

    with ThreadPoolExecutor(AT_ONCE) as threads:
        told = list(threads.map(reset, range(AT_ONCE)))
    assert told.count(200) == 1
    assert {status for status in told if status != 200} <= {400, 401, 410, 422}
    assert reset(told.index(200)) in (400, 401, 410, 422)
    assert server.b.knows(server.b.log_in(account, f"{NEW} {told.index(200):02}"))


class TestBrowsers:
    """Sessions in cookies, and the sites that would like to use them."""

    @pytest.fixture
    def session(self, server: Server) -> Session:
        return server.a.sign_up()

    @pytest.fixture
    def cookies(self, session: Session) -> dict[str, str]:
        return {"cookie": f"colonnade_access={session.access}"}

    def test_a_change_by_cookie_wants_our_origin_and_the_sessions_token(
        self, server: Server, cookies: dict[str, str]
    ) -> None:
        other = {"cookie": f"colonnade_access={server.b.sign_up().access}"}
        mine, theirs = (_csrf(server, each) for each in (cookies, other))
        for guards in (
            {},
            {"origin": OURS},
            {"x-csrf-token": mine},
            {"origin": OURS, "x-csrf-token": theirs},
            {"origin": OURS, "x-csrf-token": "💥".encode().hex()},
            {"origin": "https://evil.example", "x-csrf-token": mine},
            {"origin": "null", "x-csrf-token": mine},
            {"origin": f"{OURS}.evil.example", "x-csrf-token": mine},
            {"origin": "", "x-csrf-token": mine},
        ):
            answer = _rename(server, cookies | guards)
            assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed"), guards
        assert _rename(server, cookies | {"origin": OURS, "x-csrf-token": mine}).status_code == 200

    @pytest.mark.parametrize(
        "origin", ["https://evil.example", "null", f"{OURS}.evil.example", "http://localhost:3000x"]
    )
    def test_a_foreign_site_may_not_read_an_answer(
        self, server: Server, cookies: dict[str, str], origin: str
    ) -> None:
        read = server.a.get("/users/me", headers=cookies | {"origin": origin})
        asked = {"origin": origin, "access-control-request-method": "PATCH"}
        preflight = server.a.options("/users/me", headers=asked)
        for answer in (read, preflight):
            assert "access-control-allow-origin" not in answer.headers
        assert preflight.status_code >= 400

    def test_an_origin_of_ours_is_named_never_starred(self, server: Server) -> None:
        asked = {"origin": "http://localhost:3000", "access-control-request-method": "PATCH"}
        for answer in (
            server.a.options("/users/me", headers=asked),
            server.a.get("/health", headers={"origin": "http://localhost:3000"}),
        ):
            assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
            assert answer.headers["access-control-allow-credentials"] == "true"


def _csrf(server: Server, cookies: dict[str, str]) -> str:
    token: str = server.b.get("/auth/csrf", headers=cookies).json()["csrf_token"]
    return token


def _rename(server: Server, headers: dict[str, str]) -> httpx.Response:
    return server.b.patch("/users/me", json={"display_name": "Ada"}, headers=headers)
