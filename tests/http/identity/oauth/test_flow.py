"""A browser between us and a provider that is a process of its own."""

from http.cookies import SimpleCookie

import msgspec
import pytest
from dishka import AsyncContainer

from adapters.memory.store import Store
from domain.identity.one_time_token import OneTimeToken
from domain.identity.user import User
from entrypoints.container import in_memory
from entrypoints.http.inject import OfRequest
from entrypoints.settings import Settings
from tests.http.identity.oauth.conftest import ROUTES, Browser, a_browser, audited, bearer, query_of
from tests.oidc_provider.process import ProviderProcess, ProvidersOf


@pytest.mark.parametrize("name", ["oidc", "github"])
async def test_a_provider_opens_an_account_and_then_the_same_again(
    browser: Browser, memory: AsyncContainer, name: str
) -> None:
    first = await browser.sign_in(name)
    assert first.status_code == 200, first.text
    user = first.json()["user"]
    assert (user["email"], user["email_verified"]) == ("ada@example.org", True)
    assert user["full_name"].startswith("Ada")
    assert first.headers["cache-control"] == "no-store"

    again = await browser.sign_in(name)
    assert again.json()["user"]["id"] == user["id"]
    me = await browser.app.get("/api/v1/users/me", headers=bearer(again.json()))
    assert me.json() == again.json()["user"]
    assert await audited(memory) == [("oauth.linked", "success")]


async def test_the_session_is_one_like_any_other(browser: Browser) -> None:
    login = (await browser.sign_in()).json()
    refreshed = await browser.app.post(
        "/api/v1/auth/refresh", json={"refresh_token": login["refresh_token"]}
    )
    assert refreshed.status_code == 200


async def test_the_question_has_pkce_a_state_and_a_nonce(browser: Browser) -> None:
    one, other = query_of(await browser.start()), query_of(await browser.start())
    assert one["code_challenge_method"] == "S256"
    for secret in ("state", "nonce", "code_challenge"):
        assert len(one[secret]) == 43
        assert one[secret] != other[secret]
    assert one["redirect_uri"] == "http://colonnade/api/v1/auth/oauth/oidc/callback"


async def test_neither_verifier_nor_state_is_kept_readably(
    browser: Browser, memory: AsyncContainer
) -> None:
    asked = query_of(await browser.start())
    (token,) = (await memory.get(Store)).table(OneTimeToken).values()
    assert asked["state"].encode() not in token.hash + (token.payload or b"")


async def test_a_state_is_good_once(browser: Browser, provider: ProviderProcess) -> None:
    back = await browser.agree(await browser.start())
    cookies = dict(browser.app.cookies)
    assert (await browser.app.get(back)).status_code == 200
    assert not browser.app.cookies
    browser.app.cookies.update(cookies)
    again = await browser.app.get(back)
    assert (again.status_code, again.json()["code"]) == (400, "invalid_token")
    assert provider.seen().count("/token") == 1


async def test_a_state_of_another_browser_is_refused_and_not_used_up(
    browser: Browser, other_browser: Browser
) -> None:
    """Else an attacker could sign a victim in to the attacker's account."""
    back = await browser.agree(await browser.start())
    await other_browser.start()
    foreign = await other_browser.app.get(back)
    other_browser.app.cookies.clear()
    missing = await other_browser.app.get(back)
    for answer in (foreign, missing):
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_token")
    assert (await browser.app.get(back)).status_code == 200


async def test_a_state_of_another_provider_is_refused(browser: Browser) -> None:
    back = await browser.agree(await browser.start("github"))
    answer = await browser.app.get(back.replace("/github/", "/oidc/"))
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_token")


async def test_a_code_of_another_attempt_is_refused(
    browser: Browser, other_browser: Browser, memory: AsyncContainer
) -> None:
    """PKCE: the verifier of this browser does not fit the challenge of the other."""
    stolen = query_of(await other_browser.agree(await other_browser.start()))["code"]
    mine = query_of(await browser.start())
    answer = await browser.app.get(
        f"{ROUTES}/oidc/callback", params={"state": mine["state"], "code": stolen}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_proof")
    assert await audited(memory) == [("oauth.sign_in", "denied")]
    assert not (await memory.get(Store)).table(User)


async def test_github_refuses_a_code_of_another_attempt_too(
    browser: Browser, other_browser: Browser
) -> None:
    stolen = query_of(await other_browser.agree(await other_browser.start("github")))["code"]
    mine = query_of(await browser.start("github"))
    answer = await browser.app.get(
        f"{ROUTES}/github/callback", params={"state": mine["state"], "code": stolen}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_proof")


@pytest.mark.parametrize("query", ["", "?state=", "?state=x&code=y", "?code=y", "?error=x"])
async def test_a_callback_that_nobody_started_is_refused(browser: Browser, query: str) -> None:
    answer = await browser.app.get(f"{ROUTES}/oidc/callback{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_token")


@pytest.mark.parametrize("route", ["start", "callback?state=x&code=y"])
async def test_an_unknown_provider_is_not_found(browser: Browser, route: str) -> None:
    answer = await browser.app.get(f"{ROUTES}/myspace/{route}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_provider")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ("access_denied", 403, "provider_denied"),
        ("temporarily_unavailable", 503, "provider_unavailable"),
    ],
)
async def test_a_providers_error_is_a_problem(
    browser: Browser, provider: ProviderProcess, error: str, status: int, code: str
) -> None:
    provider.will(error)
    answer = await browser.sign_in()
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert error not in answer.text


@pytest.mark.parametrize(
    "target",
    [
        "http://colonnade",
        "http://colonnade/app?tab=1#top",
        "https://app.example/signed-in",
        "https://app.example:443/signed-in/now",
    ],
)
async def test_the_browser_may_go_where_the_operator_says(browser: Browser, target: str) -> None:
    assert await browser.start(params={"redirect_to": target})


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/relative",
        "https://app.example/",
        "https://app.example/signed-in-not",
        "https://app.example/signed-in/../evil",
        "https://app.example/signed-in/%2e%2E/evil",
        "https://app.example.evil.example/signed-in",
        "https://app.example@evil.example/signed-in",
        "https://app.example\\@evil.example/signed-in",
        "https://app.example:8443/signed-in",
        "http://app.example/signed-in",
        "https://app.example\t.evil.example/signed-in",
        "https://app.exаmple/signed-in",
        "javascript:alert(1)//https://app.example/signed-in",
        "https:app.example/signed-in",
        "https://app.example:port/signed-in",
    ],
)
async def test_the_browser_goes_nowhere_else(browser: Browser, target: str) -> None:
    answer = await browser.app.get(f"{ROUTES}/oidc/start", params={"redirect_to": target})
    assert (answer.status_code, answer.json()["code"]) == (422, "redirect_not_allowed")


@pytest.mark.parametrize(
    ("public_url", "name", "secure"),
    [
        ("http://colonnade", "colonnade_oauth", ""),
        ("https://colonnade.example", "__Host-colonnade_oauth", True),
    ],
)
async def test_the_cookie_is_for_this_browser_and_this_host_only(
    settings: Settings, provider: ProviderProcess, public_url: str, name: str, secure: object
) -> None:
    settings = msgspec.structs.replace(settings, public_url=public_url)
    container = in_memory(settings, OfRequest(), ProvidersOf(provider))
    async with a_browser(container, settings) as browser:
        answer = await browser.app.get(f"{ROUTES}/oidc/start")
    await container.close()
    ((found, morsel),) = SimpleCookie(answer.headers["set-cookie"]).items()
    assert (found, morsel["secure"], morsel["domain"]) == (name, secure, "")
    assert (morsel["httponly"], morsel["samesite"].lower()) == (True, "lax")
    assert (morsel["path"], morsel["max-age"]) == ("/", "600")


async def test_a_flood_of_starts_is_braked(browser: Browser) -> None:
    for _ in range(60):
        await browser.start()
    answer = await browser.app.get(f"{ROUTES}/oidc/start")
    assert (answer.status_code, answer.json()["code"]) == (429, "busy")
    assert int(answer.headers["retry-after"]) >= 1
