"""Whose account a provider opens."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from dishka import AsyncContainer

from adapters.memory.store import Store
from domain.identity.oauth import OAuthConnection
from domain.identity.one_time_token import OneTimeToken, Purpose
from domain.identity.user import User
from tests.http.identity.oauth.conftest import ROUTES, Browser, audited, bearer
from tests.oidc_provider.process import ProviderProcess

PASSWORD = "correct horse battery"
ME, CONNECTIONS = "/api/v1/users/me", f"{ROUTES}/connections"


async def registered(browser: Browser) -> dict[str, Any]:
    """A login of Ada's, whose address nobody has proven."""
    account = {"email": "ada@example.org", "password": PASSWORD}
    await browser.app.post("/api/v1/auth/register", json=account)
    login: dict[str, Any] = (await browser.app.post("/api/v1/auth/login", json=account)).json()
    return login


async def changed(memory: AsyncContainer, change: Callable[[User], None]) -> None:
    """What no route does yet."""
    (user,) = (await memory.get(Store)).table(User).values()
    change(user)


def verify(user: User) -> None:
    user.email_verified = True


async def test_a_verified_address_connects_a_verified_account(
    browser: Browser, memory: AsyncContainer
) -> None:
    login = await registered(browser)
    await changed(memory, verify)
    answer = await browser.sign_in()
    assert answer.json()["user"]["id"] == login["user"]["id"]
    assert (await browser.app.get(ME, headers=bearer(login))).status_code == 200
    assert await registered(browser), "the password is as good as it was"
    assert await audited(memory) == [("oauth.linked", "success")]


async def test_an_account_that_nobody_entered_is_not_given_away(
    browser: Browser, memory: AsyncContainer
) -> None:
    account = {"email": "ada@example.org", "password": PASSWORD}
    await browser.app.post("/api/v1/auth/register", json=account)
    await changed(memory, verify)
    answer = await browser.sign_in()
    assert (answer.status_code, answer.json()["code"]) == (409, "account_exists")
    assert not (await memory.get(Store)).table(OAuthConnection)
    assert await audited(memory) == [("oauth.linked", "denied")]


async def test_an_unverified_address_of_the_provider_does_not_reach_an_account(
    browser: Browser, provider: ProviderProcess, memory: AsyncContainer
) -> None:
    await registered(browser)
    await changed(memory, verify)
    provider.will(email_verified=False)
    answer = await browser.sign_in()
    assert (answer.status_code, answer.json()["code"]) == (403, "unverified_email")


async def test_the_owner_of_an_address_takes_the_account_over_from_who_never_proved_it(
    browser: Browser, other_browser: Browser, provider: ProviderProcess, memory: AsyncContainer
) -> None:
    """Mallory registered Ada's address, connected a provider of hers, and waits."""
    mallory = await registered(other_browser)
    provider.will(sub="mallory-1", email="mallory@example.org")
    linked = await other_browser.sign_in("oidc", headers=bearer(mallory))
    assert linked.status_code == 200
    waiting = await other_browser.agree(
        await other_browser.start("github", headers=bearer(mallory))
    )

    provider.will()
    ada = await browser.sign_in()
    assert ada.status_code == 200
    assert ada.json()["user"]["id"] == mallory["user"]["id"]
    assert ada.json()["user"]["email_verified"]

    for login in (mallory, linked.json()):
        assert (await other_browser.app.get(ME, headers=bearer(login))).status_code == 401
        refresh = {"refresh_token": login["refresh_token"]}
        again = await other_browser.app.post("/api/v1/auth/refresh", json=refresh)
        assert again.status_code == 401
    account = {"email": "ada@example.org", "password": PASSWORD}
    assert (await other_browser.app.post("/api/v1/auth/login", json=account)).status_code == 401
    assert (await other_browser.app.get(waiting)).status_code == 400
    provider.will(sub="mallory-1", email="mallory@example.org")
    separate = await other_browser.sign_in()
    assert separate.json()["user"]["id"] != ada.json()["user"]["id"]
    assert (await browser.app.get(ME, headers=bearer(ada.json()))).status_code == 200
    assert ("oauth.takeover", "success") in await audited(memory)


async def test_a_takeover_uses_up_the_links_that_were_mailed(
    browser: Browser, memory: AsyncContainer
) -> None:
    """An e-mail change that was asked for before would carry the account off afterwards."""
    login = await registered(browser)
    store = await memory.get(Store)
    user_id = next(iter(store.table(User).values())).id
    then = datetime(2026, 1, 1, tzinfo=UTC)
    token = OneTimeToken(
        id=user_id,  # type: ignore[arg-type]
        user_id=user_id,
        purpose=Purpose.EMAIL_CHANGE,
        hash=b"h",
        created_at=then,
        expires_at=datetime(2036, 1, 1, tzinfo=UTC),
    )
    store.table(OneTimeToken)[token.id, token.id] = token
    assert (await browser.sign_in()).json()["user"]["id"] == login["user"]["id"]
    assert store.table(OneTimeToken)[token.id, token.id].used_at is not None


async def test_a_signed_in_user_connects_whatever_is_theirs(
    browser: Browser, provider: ProviderProcess, memory: AsyncContainer
) -> None:
    """Also an unverified address: the session says who it is."""
    login = await registered(browser)
    provider.will(sub="work-7", email="ada@work.example", email_verified=False)
    answer = await browser.sign_in("oidc", headers=bearer(login))
    assert answer.json()["user"]["id"] == login["user"]["id"]
    assert (await browser.app.get(ME, headers=bearer(login))).status_code == 200

    (shown,) = (await browser.app.get(CONNECTIONS, headers=bearer(login))).json()
    assert (shown["provider"], shown["email"]) == ("oidc", "ada@work.example")
    assert set(shown) == {"id", "provider", "email", "created_at"}
    again = await browser.sign_in()
    assert again.json()["user"]["id"] == login["user"]["id"]


async def test_connecting_needs_the_session_to_the_end(
    browser: Browser, memory: AsyncContainer
) -> None:
    login = await registered(browser)
    back = await browser.agree(await browser.start(headers=bearer(login)))
    await browser.app.post("/api/v1/auth/logout", headers=bearer(login))
    answer = await browser.app.get(back)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_token")
    assert not (await memory.get(Store)).table(OAuthConnection)


async def test_a_bad_token_does_not_start_as_nobody(browser: Browser) -> None:
    answer = await browser.app.get(
        f"{ROUTES}/oidc/start", headers={"authorization": "Bearer nonsense"}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_a_providers_account_has_one_account_here(
    browser: Browser, provider: ProviderProcess, memory: AsyncContainer
) -> None:
    provider.will(sub="shared", email="first@example.org")
    assert (await browser.sign_in()).status_code == 200
    login = await registered(browser)
    answer = await browser.sign_in("oidc", headers=bearer(login))
    assert (answer.status_code, answer.json()["code"]) == (409, "connection_taken")
    assert (await audited(memory))[-1] == ("oauth.linked", "denied")


async def test_the_subject_counts_and_not_the_address(
    browser: Browser, provider: ProviderProcess
) -> None:
    """Addresses move from one person to another; who has the subject keeps the account."""
    first = (await browser.sign_in()).json()
    provider.will(email="new@example.org", email_verified=False)
    assert (await browser.sign_in()).json()["user"]["id"] == first["user"]["id"]


async def test_an_inactive_account_stays_shut(browser: Browser, memory: AsyncContainer) -> None:
    await browser.sign_in()

    def deactivate(user: User) -> None:
        user.is_active = False

    await changed(memory, deactivate)
    answer = await browser.sign_in()
    assert (answer.status_code, answer.json()["code"]) == (403, "account_inactive")


async def test_after_a_deletion_the_provider_opens_a_new_account(
    browser: Browser, memory: AsyncContainer
) -> None:
    first = (await browser.sign_in()).json()

    def delete(user: User) -> None:
        user.deleted_at = datetime(2026, 1, 1, tzinfo=UTC)

    await changed(memory, delete)
    second = await browser.sign_in()
    assert second.status_code == 200
    assert second.json()["user"]["id"] != first["user"]["id"]


async def test_the_last_way_in_stays(browser: Browser, memory: AsyncContainer) -> None:
    login = (await browser.sign_in("oidc")).json()
    (only,) = (await browser.app.get(CONNECTIONS, headers=bearer(login))).json()
    path = f"{CONNECTIONS}/{only['id']}"
    refused = await browser.app.delete(path, headers=bearer(login))
    assert (refused.status_code, refused.json()["code"]) == (409, "last_sign_in_method")

    assert (await browser.sign_in("github", headers=bearer(login))).status_code == 200
    assert (await browser.app.delete(path, headers=bearer(login))).status_code == 204
    (left,) = (await browser.app.get(CONNECTIONS, headers=bearer(login))).json()
    assert left["provider"] == "github"
    assert [entry for entry in await audited(memory) if entry[0] == "oauth.unlinked"] == [
        ("oauth.unlinked", "denied"),
        ("oauth.unlinked", "success"),
    ]


async def test_with_a_password_every_provider_may_go(browser: Browser) -> None:
    login = await registered(browser)
    await browser.sign_in("oidc", headers=bearer(login))
    (only,) = (await browser.app.get(CONNECTIONS, headers=bearer(login))).json()
    gone = await browser.app.delete(f"{CONNECTIONS}/{only['id']}", headers=bearer(login))
    assert gone.status_code == 204
    assert (await browser.app.get(CONNECTIONS, headers=bearer(login))).json() == []


async def test_a_connection_of_somebody_else_is_not_found(
    browser: Browser, provider: ProviderProcess
) -> None:
    ada = (await browser.sign_in()).json()
    (hers,) = (await browser.app.get(CONNECTIONS, headers=bearer(ada))).json()
    provider.will(sub="eve", email="eve@example.org")
    eve = (await browser.sign_in()).json()
    answer = await browser.app.delete(f"{CONNECTIONS}/{hers['id']}", headers=bearer(eve))
    assert answer.status_code == 404
    assert (await browser.app.get(CONNECTIONS, headers=bearer(ada))).json() == [hers]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_nobody_has_no_connections(browser: Browser, method: str) -> None:
    path = f"{CONNECTIONS}/01a1fcb8-1f0a-7d31-8c5e-52f1b7a4f6d0"
    answer = await browser.app.request(method, CONNECTIONS if method == "GET" else path)
    assert answer.status_code == 401
