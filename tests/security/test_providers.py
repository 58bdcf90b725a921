"""Sign-in by a provider: begun on one process, finished on the other, by one browser, once."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from tests.oidc_provider.process import PLAIN
from tests.running import PATIENCE, ROOT
from tests.security.conftest import ELSEWHERE, PASSWORD, Account, Api, Server, Session, bearer

ROUTES, AT_ONCE = "/auth/oauth/oidc", 20
_people = count(1)


class Browser:
    """Keeps cookies, for the host and so for both processes, and follows redirects by hand."""

    def __init__(self, server: Server) -> None:
        self._secrets = server.secrets
        hooks = {"response": [server.secrets.learn]}
        self.client = httpx.Client(timeout=PATIENCE, verify=PLAIN, event_hooks=hooks)

    def get(self, api: Api, path: str, **more: object) -> httpx.Response:
        return self.client.get(f"{api.base_url}".rstrip("/") + path, **more)  # type: ignore[arg-type]

    def start(self, api: Api, **more: object) -> str:
        """The provider's page."""
        answer = self.get(api, f"{ROUTES}/start", **more)
        assert answer.status_code == 302, answer.text
        page: str = answer.headers["location"]
        self._secrets.known |= {asked_of(page)[name] for name in ("state", "nonce")}
        return page

    def agree(self, page: str) -> str:
        """The path, below the API's, that the provider sends the browser to."""
        back = self.client.get(page).headers["location"]
        self._secrets.known.add(asked_of(back)["code"])
        return str(back.partition("/api/v1")[2])

    def sign_in(self, start: Api, finish: Api, **more: object) -> httpx.Response:
        return self.get(finish, self.agree(self.start(start, **more)))


@pytest.fixture
def person(server: Server) -> Account:
    """Whom the provider signs in: with an account of theirs there, and none here yet."""
    number = next(_people)
    account = Account(f"person-{number}@example.org", f"subject-{number}")
    server.provider.will(email=account.email, sub=account.id)
    return account


@pytest.fixture
def browser(server: Server) -> Iterator[Browser]:
    browser = Browser(server)
    yield browser
    browser.client.close()


@pytest.fixture
def other(server: Server) -> Iterator[Browser]:
    browser = Browser(server)
    yield browser
    browser.client.close()


def asked_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def session_of(answer: httpx.Response) -> Session:
    assert answer.status_code == 200, answer.text
    return Session(answer.json()["access_token"], answer.json()["refresh_token"])


def refused(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.json()["code"]) == (400, "invalid_token")


def test_what_begins_on_one_process_ends_on_the_other(
    server: Server, browser: Browser, person: Account
) -> None:
    first = browser.sign_in(server.a, server.b)
    again = browser.sign_in(server.b, server.a)
    assert first.json()["user"]["id"] == again.json()["user"]["id"]
    assert first.json()["user"]["email"] == person.email
    for session in (session_of(first), session_of(again)):
        assert server.a.knows(session)
        assert server.b.knows(session)


def test_a_state_is_good_once_on_both_processes_together(
    server: Server, browser: Browser, person: Account
) -> None:
    back = browser.agree(browser.start(server.a))
    cookies = dict(browser.client.cookies)
    assert browser.get(server.a, back).status_code == 200
    browser.client.cookies.update(cookies)
    assert refused(browser.get(server.b, back))
    assert refused(browser.get(server.a, back))


def test_a_state_that_is_used_twenty_times_at_once_opens_one_session(
    server: Server, browser: Browser, person: Account
) -> None:
    back = browser.agree(browser.start(server.a))
    headers = {"cookie": f"colonnade_oauth={browser.client.cookies['colonnade_oauth']}"}
    apis = (server.a, server.b)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(
            threads.map(lambda n: apis[n % 2].get(back, headers=headers), range(AT_ONCE))
        )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: AT_ONCE - 1}
    sessions = "SELECT FROM sessions JOIN users ON users.id = user_id WHERE email = $1"
    assert len(server.sql(sessions, person.email)) == 1


def test_another_browsers_state_is_refused_and_stays_good_for_its_own(
    server: Server, browser: Browser, other: Browser, person: Account
) -> None:
    """Else an attacker could sign a victim in to the attacker's account."""
    back = browser.agree(browser.start(server.a))
    assert refused(other.get(server.b, back)), "with no cookie"
    other.start(server.b)
    assert refused(other.get(server.b, back)), "with the cookie of its own attempt"
    assert browser.get(server.b, back).status_code == 200


def test_a_state_of_an_old_attempt_is_refused(
    server: Server, browser: Browser, person: Account
) -> None:
    back = browser.agree(browser.start(server.a))
    server.sql("UPDATE one_time_tokens SET expires_at = now() WHERE purpose = 'oauth_state'")
    assert refused(browser.get(server.b, back))


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "https://app.example.evil.example/signed-in",
        "https://app.example@evil.example/signed-in",
        "https://app.example/elsewhere",
        "https://app.example/signed-in/../elsewhere",
        "https://app.example/signed-in/%2e%2e/elsewhere",
        "https://app.example/signed-inside",
        "http://app.example/signed-in",
        "https://app.example:8443/signed-in",
        "//evil.example",
        "/\\evil.example",
        "https:\\\\evil.example",
        "javascript:alert(1)",
        "https://app.example/signed-in\r\nset-cookie: a=b",
        "http://localhost:8001/",
    ],
)
def test_a_browser_is_sent_to_no_place_that_is_not_allowed(
    server: Server, browser: Browser, target: str
) -> None:
    for api in (server.a, server.b):
        answer = browser.get(api, f"{ROUTES}/start", params={"redirect_to": target})
        assert (answer.status_code, answer.json()["code"]) == (422, "redirect_not_allowed")
        assert not browser.client.cookies


def test_an_allowed_place_is_reached_with_the_session_in_cookies_and_no_token_in_the_address(
    server: Server, browser: Browser, person: Account
) -> None:
    wanted = f"{ELSEWHERE}/welcome?x=1"
    answer = browser.sign_in(server.a, server.b, params={"redirect_to": wanted})
    assert (answer.status_code, answer.headers["location"]) == (302, wanted)
    assert browser.get(server.a, "/users/me").json()["email"] == person.email


def test_a_session_connects_a_provider_and_another_user_does_not_see_it(
    server: Server, browser: Browser, person: Account
) -> None:
    mine, theirs = server.a.sign_up(), server.b.sign_up()
    linked = session_of(browser.sign_in(server.a, server.b, headers=mine.headers))
    assert server.a.knows(linked)
    route = "/auth/oauth/connections"
    (connection,) = server.b.get(route, headers=mine.headers).json()
    assert server.b.get(route, headers=theirs.headers).json() == []
    one = f"{route}/{connection['id']}"
    assert server.b.delete(one, headers=theirs.headers).status_code == 404
    assert server.a.delete(one, headers=mine.headers).status_code == 204
    assert server.b.get(route, headers=mine.headers).json() == []


def test_who_signs_out_meanwhile_connects_nothing(
    server: Server, browser: Browser, person: Account
) -> None:
    session = server.a.sign_up()
    back = browser.agree(browser.start(server.a, headers=session.headers))
    assert server.b.post("/auth/logout", headers=session.headers).status_code == 204
    assert refused(browser.get(server.a, back))
    assert not server.sql("SELECT FROM oauth_connections WHERE subject = $1", person.id)


def test_an_api_key_connects_nothing(server: Server, browser: Browser) -> None:
    key = server.a.api_key(server.a.sign_up(), "profile")
    assert browser.get(server.b, f"{ROUTES}/start", headers=key.headers).status_code == 403


@pytest.mark.parametrize(
    "wrong", ["foreign_signature", "wrong_nonce", "wrong_audience", "alg_none"]
)
def test_a_provider_that_lies_opens_nothing(server: Server, browser: Browser, wrong: str) -> None:
    server.provider.will(wrong, email=f"{wrong}@example.org", sub=wrong)
    answer = browser.sign_in(server.a, server.b)
    assert answer.status_code == 401, answer.text
    assert not server.sql("SELECT FROM users WHERE email = $1", f"{wrong}@example.org")


def test_who_proves_an_address_takes_over_what_somebody_else_registered_with_it(
    server: Server, browser: Browser, person: Account
) -> None:
    squatter = server.a.log_in(server.a.register(person.email))
    key = server.b.api_key(squatter, "profile")
    owner = session_of(browser.sign_in(server.b, server.a))
    for api in (server.a, server.b):
        assert api.knows(owner)
        assert not api.knows(squatter)
        assert not api.knows(key)
    assert server.b.get("/users/me", headers=bearer(owner.access)).json()["email_verified"]


def test_an_administrators_account_is_not_taken_over_by_an_address(
    server: Server, browser: Browser, person: Account
) -> None:
    account = server.a.register(person.email)
    server.promote(account)
    answer = browser.sign_in(server.b, server.a)
    assert (answer.status_code, answer.json()["code"]) == (409, "account_exists")
    assert server.a.knows(server.a.log_in(account))


def test_the_first_administrators_address_is_verified_and_opens_nothing_by_itself(
    server: Server, browser: Browser, person: Account
) -> None:
    command = [sys.executable, "-m", "entrypoints", "create-admin", person.email]
    environ = os.environ | server.environ | {"ADMIN_PASSWORD": PASSWORD}
    subprocess.run(command, cwd=ROOT, env=environ, check=True, capture_output=True)
    answer = browser.sign_in(server.a, server.b)
    assert (answer.status_code, answer.json()["code"]) == (409, "account_exists")
    root = server.b.log_in(Account(person.email, ""))
    me = server.a.get("/users/me", headers=root.headers).json()
    assert (me["is_admin"], me["email_verified"]) == (True, True)
    assert server.a.get("/users", headers=root.headers).status_code == 200
