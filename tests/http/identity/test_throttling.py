"""Limits and locks as a client meets them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from ipaddress import ip_network
from typing import Any

import msgspec
import pytest
from httpx import ASGITransport, AsyncClient

from adapters.memory.store import Store
from application.identity.views import RegistrationAccepted
from domain.identity.events import RegistrationAttempted, UserRegistered
from domain.identity.user import User
from entrypoints.container import in_memory
from entrypoints.http.app import create_app
from entrypoints.http.inject import OfRequest
from entrypoints.settings import RegistrationMode, Settings
from tests.http.conftest import CREDENTIALS, Client

REGISTER, LOGIN = "/api/v1/auth/register", "/api/v1/auth/login"
PRIVILEGED = [
    "id",
    "is_admin",
    "is_active",
    "email_verified",
    "subscription_tier",
    "subscription_expires_at",
    "is_premium",
    "anonymous_id",
    "password_hash",
    "created_at",
    "deleted_at",
    "last_login_at",
    "data_retention_days",
    "scopes",
]


class Running:
    """The API with some settings, and what it keeps."""

    def __init__(self, client: Client, store: Store) -> None:
        self.client, self.store = client, store

    async def register(self, name: str, **headers: str) -> tuple[int, dict[str, Any]]:
        account = CREDENTIALS | {"email": f"{name}@example.org"}
        answer = await self.client.post(REGISTER, json=account, headers=headers)
        return answer.status_code, answer.json()

    async def fail(self, name: str, **headers: str) -> int:
        wrong = {"email": f"{name}@example.org", "password": "wrong"}
        return (await self.client.post(LOGIN, json=wrong, headers=headers)).status_code


type Run = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def run(settings: Settings) -> Run:
    @asynccontextmanager
    async def run(**changes: Any) -> AsyncIterator[Running]:
        changed = msgspec.structs.replace(settings, **changes)
        container = in_memory(changed, OfRequest())
        transport = ASGITransport(create_app(container, changed))  # type: ignore[arg-type]
        async with AsyncClient(transport=transport, base_url="http://colonnade") as client:
            yield Running(client, await container.get(Store))
        await container.close()

    return run


async def test_a_locked_account_says_when_to_come_back(client: Client) -> None:
    await client.post(REGISTER, json=CREDENTIALS)
    bodies = []
    for email in (CREDENTIALS["email"], "nobody@example.org"):
        wrong = {"email": email, "password": "wrong"}
        answers = [await client.post(LOGIN, json=wrong) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429]
        assert answers[-1].headers["retry-after"] == "2"
        assert answers[-1].json()["code"] == "account_locked"
        bodies.append(answers[-1].json() | {"request_id": ""})
    assert bodies[0] == bodies[1]
    assert (await client.post(LOGIN, json=CREDENTIALS)).status_code == 429


async def test_wrong_passwords_are_limited_per_address(run: Run) -> None:
    async with run(login_failures_per_address_per_minute=3) as api:
        await api.register("ada")
        assert [await api.fail(f"user{n}") for n in range(4)] == [401, 401, 401, 429]
        account = CREDENTIALS | {"email": "ada@example.org"}
        refused = await api.client.post(LOGIN, json=account)
        assert (refused.status_code, refused.json()["code"]) == (429, "busy")
        assert 0 < int(refused.headers["retry-after"]) <= 60


async def test_registrations_are_limited_per_address(run: Run) -> None:
    async with run(registrations_per_address_per_minute=2) as api:
        found = [(await api.register(f"user{n}"))[0] for n in range(3)]
        assert found == [201, 201, 429]


async def test_who_claims_another_address_is_counted_under_their_own(run: Run) -> None:
    async with run(login_failures_per_address_per_minute=2) as api:
        claims = [{"X-Forwarded-For": f"192.0.2.{n}"} for n in range(3)]
        found = [await api.fail(f"user{n}", **claim) for n, claim in enumerate(claims)]
        assert found == [401, 401, 429]


async def test_behind_a_proxy_of_ours_clients_are_told_apart(run: Run) -> None:
    proxies = (ip_network("127.0.0.0/8"),)
    async with run(login_failures_per_address_per_minute=1, trusted_proxies=proxies) as api:
        first, second = ({"X-Forwarded-For": f"10.9.9.9, 192.0.2.{n}"} for n in (1, 2))
        assert await api.fail("ada", **first) == 401
        assert await api.fail("eve", **second) == 401
        assert await api.fail("ada", **first) == 429


async def test_a_closed_house_registers_nobody(run: Run) -> None:
    async with run(registration=RegistrationMode.CLOSED) as api:
        status, body = await api.register("ada")
        assert (status, body["code"]) == (403, "registration_closed")
        assert api.store.table(User) == {}


async def test_against_enumeration_new_and_taken_look_alike(run: Run) -> None:
    async with run(anti_enumeration=True) as api:
        answers = [await api.register("ada"), await api.register("ada")]
        assert answers == [(202, msgspec.to_builtins(RegistrationAccepted()))] * 2
        (ada,) = api.store.table(User).values()
        registered, attempted = api.store.events
        assert isinstance(registered, UserRegistered)
        assert isinstance(attempted, RegistrationAttempted)
        assert registered.user_id == attempted.user_id == ada.id


async def test_against_enumeration_a_bad_value_is_still_named(run: Run) -> None:
    async with run(anti_enumeration=True) as api:
        await api.register("ada")
        account = {"email": "ada@example.org", "password": "short"}
        answer = await api.client.post(REGISTER, json=account)
        assert (answer.status_code, answer.json()["code"]) == (422, "weak_password")


@pytest.mark.parametrize("field", PRIVILEGED)
async def test_nobody_gives_themselves_what_is_not_theirs_to_give(
    client: Client, field: str
) -> None:
    answer = await client.post(REGISTER, json=CREDENTIALS | {field: True})
    assert answer.status_code == 422
    assert field in answer.json()["detail"]
