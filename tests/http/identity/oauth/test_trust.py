"""What a provider may say, and what of it is believed."""

import asyncio

import pytest
from dishka import AsyncContainer

from adapters.memory.store import Store
from adapters.oauth import outside
from domain.identity.user import User
from tests.http.identity.oauth.conftest import Browser, audited
from tests.oidc_provider.process import ProviderProcess


@pytest.mark.parametrize(
    "wrong",
    [
        "wrong_nonce",
        "no_nonce",
        "wrong_issuer",
        "wrong_audience",
        "several_audiences",
        "foreign_party",
        "expired",
        "no_exp",
        "from_the_future",
        "no_sub",
        "alg_none",
        "signed_with_public_key",
        "foreign_signature",
        "unknown_key",
    ],
)
async def test_a_token_that_does_not_hold_opens_nothing(
    browser: Browser, provider: ProviderProcess, memory: AsyncContainer, wrong: str
) -> None:
    provider.will(wrong)
    answer = await browser.sign_in()
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_proof")
    assert not (await memory.get(Store)).table(User)
    assert await audited(memory) == [("oauth.sign_in", "denied")]


@pytest.mark.parametrize(
    "odd", ["several_audiences_for_us", "no_kid", "secret_in_form", "thin", "verified_as_text"]
)
async def test_what_the_standard_allows_is_understood(
    browser: Browser, provider: ProviderProcess, odd: str
) -> None:
    provider.will(odd)
    answer = await browser.sign_in()
    assert answer.status_code == 200, answer.text
    assert answer.json()["user"]["email_verified"]


async def test_userinfo_of_somebody_else_is_refused(
    browser: Browser, provider: ProviderProcess
) -> None:
    provider.will("userinfo_of_another")
    answer = await browser.sign_in()
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_proof")
    assert "/userinfo" in provider.seen()


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
async def test_a_new_key_is_found(
    browser: Browser, provider: ProviderProcess, algorithm: str
) -> None:
    assert (await browser.sign_in()).status_code == 200
    provider.rotate(algorithm)
    assert (await browser.sign_in()).status_code == 200
    assert provider.seen().count("/jwks") == 2


async def test_unknown_keys_do_not_make_us_ask_again_and_again(
    browser: Browser, provider: ProviderProcess
) -> None:
    assert (await browser.sign_in()).status_code == 200
    provider.will("unknown_key")
    for _ in range(5):
        assert (await browser.sign_in()).status_code == 401
    assert provider.seen().count("/jwks") == 1
    assert provider.seen().count("/.well-known/openid-configuration") == 0


@pytest.mark.parametrize("wrong", ["token_500", "token_not_json", "keys_down"])
async def test_a_provider_that_is_down_is_unavailable(
    browser: Browser, provider: ProviderProcess, wrong: str
) -> None:
    provider.will(wrong)
    answer = await browser.sign_in()
    assert (answer.status_code, answer.json()["code"]) == (503, "provider_unavailable")
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("wrong", ["discovery_down", "false_name"])
async def test_a_provider_that_cannot_be_found_is_unavailable_and_left_in_peace(
    browser: Browser, provider: ProviderProcess, wrong: str
) -> None:
    provider.will(wrong)
    for _ in range(3):
        answer = await browser.app.get("/api/v1/auth/oauth/oidc/start")
        assert (answer.status_code, answer.json()["code"]) == (503, "provider_unavailable")
    assert provider.seen().count("/.well-known/openid-configuration") == 1


async def test_a_slow_provider_is_not_waited_for(
    browser: Browser, provider: ProviderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "PATIENCE", 0.3)
    back = await browser.agree(await browser.start())
    provider.will("token_slow")
    async with asyncio.timeout(2):
        answer = await browser.app.get(back)
    assert (answer.status_code, answer.json()["code"]) == (503, "provider_unavailable")


async def test_discovery_is_asked_once_by_all_who_start_at_once(
    browser: Browser, provider: ProviderProcess
) -> None:
    await asyncio.gather(*(browser.start() for _ in range(10)))
    assert provider.seen().count("/.well-known/openid-configuration") == 1


@pytest.mark.parametrize("name", ["oidc", "github"])
async def test_an_unverified_address_opens_no_account(
    browser: Browser, provider: ProviderProcess, memory: AsyncContainer, name: str
) -> None:
    provider.will(email_verified=False)
    answer = await browser.sign_in(name)
    assert (answer.status_code, answer.json()["code"]) == (403, "unverified_email")
    assert not (await memory.get(Store)).table(User)
    assert await audited(memory) == [("oauth.linked", "denied")]


@pytest.mark.parametrize("address", [None, "not an address", 7])
async def test_what_is_no_address_opens_no_account(
    browser: Browser, provider: ProviderProcess, address: object
) -> None:
    provider.will(email=address)
    answer = await browser.sign_in()
    assert (answer.status_code, answer.json()["code"]) == (403, "unverified_email")
