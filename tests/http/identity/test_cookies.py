"""A browser's session: tokens in cookies, guarded against foreign sites."""

from collections.abc import AsyncIterator

import pytest
from dishka import AsyncContainer
from httpx import ASGITransport, AsyncClient

from entrypoints.container import in_memory
from entrypoints.http.app import create_app
from entrypoints.http.inject import OfRequest
from entrypoints.settings import Settings

ADA = {"email": "ada@example.org", "password": "correct horse battery"}
BOB = ADA | {"email": "bob@example.org"}
OURS = {"origin": "http://localhost:8000"}
V1 = "/api/v1"


@pytest.fixture
async def browser(memory: AsyncContainer, settings: Settings) -> AsyncIterator[AsyncClient]:
    """Signed in, and keeps cookies as a browser does; scripts of our own page send its requests."""
    async with browser_of(memory, settings) as browser:
        await browser.post(f"{V1}/auth/register", json=ADA)
        answer = await browser.post(f"{V1}/auth/login?cookies=true", json=ADA)
        assert answer.status_code == 200
        yield browser


def browser_of(memory: AsyncContainer, settings: Settings) -> AsyncClient:
    transport = ASGITransport(create_app(memory, settings))  # type: ignore[arg-type]
    return AsyncClient(transport=transport, base_url="http://localhost:8000", headers=OURS)


async def csrf(browser: AsyncClient) -> dict[str, str]:
    answer = await browser.get(f"{V1}/auth/csrf")
    return {"x-csrf-token": answer.json()["csrf_token"]}


async def test_login_to_cookies_shows_no_token(browser: AsyncClient) -> None:
    answer = await browser.post(f"{V1}/auth/login?cookies=true", json=ADA)
    assert "access_token" not in answer.text
    assert answer.json()["token_type"] == "cookie"
    cookies = answer.headers.get_list("set-cookie")
    access = next(line for line in cookies if line.startswith("colonnade_access="))
    refresh = next(line for line in cookies if line.startswith("colonnade_refresh="))
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(access.split("; "))
    assert {"HttpOnly", "Path=/api", "SameSite=strict"} <= set(refresh.split("; "))
    assert answer.headers["cache-control"] == "no-store"


async def test_the_cookie_opens_what_a_bearer_token_does(browser: AsyncClient) -> None:
    assert (await browser.get(f"{V1}/users/me")).json()["email"] == "ada@example.org"
    answer = await browser.post(
        f"{V1}/search", json={"query": "invoices"}, headers=await csrf(browser)
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-csrf-token": ""},
        {"x-csrf-token": "AAAA"},
        {"x-csrf-token": "not base64"},
    ],
)
async def test_a_change_by_cookie_wants_the_sessions_csrf_token(
    browser: AsyncClient, headers: dict[str, str]
) -> None:
    answer = await browser.post(f"{V1}/search", json={"query": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:8000.evil"])
async def test_a_foreign_origin_changes_nothing_even_with_the_token(
    browser: AsyncClient, origin: str
) -> None:
    headers = await csrf(browser) | {"origin": origin}
    answer = await browser.post(f"{V1}/search", json={"query": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


async def test_no_origin_at_all_is_not_enough(browser: AsyncClient) -> None:
    headers = await csrf(browser)
    del browser.headers["origin"]
    answer = await browser.post(f"{V1}/search", json={"query": "x"}, headers=headers)
    assert answer.status_code == 403
    headers |= {"sec-fetch-site": "same-origin"}
    answer = await browser.post(f"{V1}/search", json={"query": "x"}, headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
async def test_what_the_browser_calls_another_site_is_one(browser: AsyncClient, site: str) -> None:
    headers = await csrf(browser) | {"origin": "https://evil.example", "sec-fetch-site": site}
    answer = await browser.post(f"{V1}/search", json={"query": "x"}, headers=headers)
    assert answer.status_code == 403


async def test_a_configured_frontend_may(browser: AsyncClient) -> None:
    headers = await csrf(browser) | {"origin": "http://localhost:3000"}
    answer = await browser.post(f"{V1}/search", json={"query": "x"}, headers=headers)
    assert answer.status_code == 200


async def test_a_configured_frontend_may_send_the_csrf_token(browser: AsyncClient) -> None:
    asked = {
        "origin": "http://localhost:3000",
        "access-control-request-method": "PATCH",
        "access-control-request-headers": "content-type,x-csrf-token",
    }
    answer = await browser.options(f"{V1}/users/me", headers=asked)
    assert answer.status_code == 204
    assert "x-csrf-token" in answer.headers["access-control-allow-headers"].lower()


async def test_another_sessions_csrf_token_is_none(
    browser: AsyncClient, memory: AsyncContainer, settings: Settings
) -> None:
    async with browser_of(memory, settings) as other:
        await other.post(f"{V1}/auth/register", json=BOB)
        await other.post(f"{V1}/auth/login?cookies=true", json=BOB)
        foreign = await csrf(other)
    answer = await browser.post(f"{V1}/search", json={"query": "x"}, headers=foreign)
    assert answer.status_code == 403


async def test_without_a_session_there_is_no_csrf_token(
    memory: AsyncContainer, settings: Settings
) -> None:
    async with browser_of(memory, settings) as nobody:
        assert (await nobody.get(f"{V1}/auth/csrf")).json() == {"csrf_token": None}
        nobody.cookies.set("colonnade_refresh", "cr_" + "A" * 70, path="/api")
        assert (await nobody.get(f"{V1}/auth/csrf")).json() == {"csrf_token": None}


async def test_a_browser_refreshes_by_its_cookie(browser: AsyncClient) -> None:
    before = dict(browser.cookies)
    refused = await browser.post(f"{V1}/auth/refresh")
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    answer = await browser.post(f"{V1}/auth/refresh", headers=await csrf(browser))
    assert answer.status_code == 200
    assert answer.json() == {"expires_in": 1800, "token_type": "cookie"}
    assert browser.cookies["colonnade_refresh"] != before["colonnade_refresh"]
    assert (await browser.get(f"{V1}/users/me")).status_code == 200


async def test_a_browser_refreshes_although_its_access_cookie_is_gone(browser: AsyncClient) -> None:
    browser.cookies.delete("colonnade_access")
    assert (await browser.get(f"{V1}/users/me")).status_code == 401
    answer = await browser.post(f"{V1}/auth/refresh", headers=await csrf(browser))
    assert answer.status_code == 200
    assert (await browser.get(f"{V1}/users/me")).status_code == 200


async def test_logging_out_ends_the_session_and_clears_the_cookies(browser: AsyncClient) -> None:
    kept = dict(browser.cookies)
    assert (await browser.post(f"{V1}/auth/logout")).status_code == 403
    answer = await browser.post(f"{V1}/auth/logout", headers=await csrf(browser))
    assert answer.status_code == 204
    assert not dict(browser.cookies)
    old = {"cookie": "; ".join(f"{name}={value}" for name, value in kept.items())}
    assert (await browser.get(f"{V1}/users/me", headers=old)).status_code == 401


async def test_logging_out_works_after_the_access_cookie_has_gone(browser: AsyncClient) -> None:
    headers = await csrf(browser)
    refresh = browser.cookies["colonnade_refresh"]
    browser.cookies.delete("colonnade_access")
    assert (await browser.post(f"{V1}/auth/logout", headers=headers)).status_code == 204
    answer = await browser.post(f"{V1}/auth/refresh", json={"refresh_token": refresh})
    assert answer.status_code == 401


async def test_who_has_no_session_may_log_out(memory: AsyncContainer, settings: Settings) -> None:
    async with browser_of(memory, settings) as nobody:
        assert (await nobody.post(f"{V1}/auth/logout")).status_code == 204


async def test_header_and_cookie_of_two_users_are_refused(
    browser: AsyncClient, memory: AsyncContainer, settings: Settings
) -> None:
    async with browser_of(memory, settings) as other:
        await other.post(f"{V1}/auth/register", json=BOB)
        bob = (await other.post(f"{V1}/auth/login", json=BOB)).json()["access_token"]
    answer = await browser.get(f"{V1}/users/me", headers={"authorization": f"Bearer {bob}"})
    assert (answer.status_code, answer.json()["code"]) == (400, "two_users")


async def test_the_header_wins_over_a_cookie_of_the_same_user_and_needs_no_csrf_token(
    browser: AsyncClient,
) -> None:
    login = (await browser.post(f"{V1}/auth/login", json=ADA)).json()
    headers = {"authorization": f"Bearer {login['access_token']}"}
    answer = await browser.post(f"{V1}/search", json={"query": "x"}, headers=headers)
    assert answer.status_code == 200


async def test_the_header_wins_over_a_dead_cookie(browser: AsyncClient) -> None:
    login = (await browser.post(f"{V1}/auth/login", json=ADA)).json()
    headers = {"authorization": f"Bearer {login['access_token']}", "cookie": "colonnade_access=x"}
    assert (await browser.get(f"{V1}/users/me", headers=headers)).status_code == 200


async def test_two_cookies_of_one_name_are_none(browser: AsyncClient) -> None:
    access = browser.cookies["colonnade_access"]
    headers = {"cookie": f"colonnade_access={access}; colonnade_access=planted"}
    browser.cookies.clear()
    assert (await browser.get(f"{V1}/users/me", headers=headers)).status_code == 401


async def test_a_foreign_site_cannot_log_a_browser_in(browser: AsyncClient) -> None:
    form = {"username": ADA["email"], "password": ADA["password"]}
    for path in (f"{V1}/auth/login?cookies=true", "/api/auth/login"):
        answer = await browser.post(path, data=form, headers={"origin": "https://evil.example"})
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


async def test_over_https_the_cookies_are_secure_and_prefixed() -> None:
    settings = Settings(public_url="https://api.example.org")
    async with browser_of(in_memory(settings, OfRequest()), settings) as browser:
        browser.headers["origin"] = "https://api.example.org"
        await browser.post(f"{V1}/auth/register", json=ADA)
        answer = await browser.post(f"{V1}/auth/login?cookies=true", json=ADA)
        cookies = answer.headers.get_list("set-cookie")
    assert [line.split("=")[0] for line in cookies] == [
        "__Host-colonnade_access",
        "__Secure-colonnade_refresh",
    ]
    assert all("Secure" in line.split("; ") for line in cookies)


async def test_without_public_url_a_page_of_our_own_port_may_write() -> None:
    settings = Settings(port=8001, cors_origins=())
    async with browser_of(in_memory(settings, OfRequest()), settings) as browser:
        browser.headers["origin"] = "http://localhost:8001"
        await browser.post(f"{V1}/auth/register", json=ADA)
        assert (await browser.post(f"{V1}/auth/login?cookies=true", json=ADA)).status_code == 200
        foreign = {"origin": "http://localhost:8000"}
        answer = await browser.post(f"{V1}/auth/login?cookies=true", json=ADA, headers=foreign)
        assert answer.status_code == 403


async def test_where_cookies_are_the_rule_nobody_has_to_ask_for_them() -> None:
    settings = Settings(cookie_auth=True)
    async with browser_of(in_memory(settings, OfRequest()), settings) as browser:
        await browser.post(f"{V1}/auth/register", json=ADA)
        answer = await browser.post(f"{V1}/auth/login", json=ADA)
        assert "access_token" not in answer.text
        assert (await browser.get(f"{V1}/users/me")).status_code == 200
