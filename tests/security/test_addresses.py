"""Limits by client address, counted over all processes; and which addresses are believed."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import count

import httpx
import pytest

from tests.security.conftest import PASSWORD, Api, Server

FAILURES, REGISTRATIONS, AT_ONCE = 6, 4, 20
PROXY = "127.0.0.99"
FORGED = ("x-forwarded-for", "x-real-ip", "forwarded", "cf-connecting-ip", "true-client-ip")

_addresses = (f"127.1.0.{n}" for n in count(1))
_names = count(1)
_clients = (f"198.51.100.{n}" for n in count(1))


@dataclass(frozen=True)
class Limited:
    """Two processes that limit addresses, and believe PROXY."""

    ports: tuple[int, int]
    server: Server
    clients: ExitStack

    def clients_at(self, address: str) -> tuple[Api, Api]:
        """Of either process, at this address."""
        a, b = (Api(port, self.server.secrets, address) for port in self.ports)
        return self.clients.enter_context(a), self.clients.enter_context(b)


@pytest.fixture(scope="module")
def limited(server: Server) -> Iterator[Limited]:
    settings = {
        "LOGIN_FAILURES_PER_ADDRESS_PER_MINUTE": str(FAILURES),
        "REGISTRATIONS_PER_ADDRESS_PER_MINUTE": str(REGISTRATIONS),
        "TRUSTED_PROXIES": f"{PROXY}/32",
    }
    with ExitStack() as clients, server.another(**settings) as a, server.another(**settings) as b:
        yield Limited((a, b), server, clients)


@pytest.fixture
def apis(limited: Limited) -> tuple[Api, Api]:
    """Clients at an address that nobody was at before."""
    return limited.clients_at(next(_addresses))


@pytest.fixture
def proxies(limited: Limited) -> tuple[Api, Api]:
    return limited.clients_at(PROXY)


def guess(api: Api, headers: dict[str, str] | None = None) -> httpx.Response:
    """At the password of another account each time, so that no account is locked."""
    body = {"email": f"nobody-{next(_names)}@example.org", "password": "a wrong password"}
    return api.post("/auth/login", json=body, headers=headers)


def register(api: Api, headers: dict[str, str] | None = None) -> httpx.Response:
    body = {"email": f"somebody-{next(_names)}@example.org", "password": PASSWORD}
    return api.post("/auth/register", json=body, headers=headers)


def via(addresses: str) -> dict[str, str]:
    """The header by which a proxy says whom it asks for."""
    return {"x-forwarded-for": addresses}


def told(times: int, apis: tuple[Api, Api], ask: Callable[[Api], httpx.Response]) -> list[int]:
    """The statuses, asked of both processes in turn."""
    return [ask(apis[n % 2]).status_code for n in range(times)]


def test_wrong_passwords_of_one_address_are_counted_over_both_processes(
    apis: tuple[Api, Api],
) -> None:
    assert told(FAILURES + 3, apis, guess) == [401] * FAILURES + [429] * 3
    refused = guess(apis[0])
    assert refused.json()["code"] == "busy"
    assert 1 <= int(refused.headers["retry-after"]) <= 60


def test_registrations_of_one_address_are_counted_over_both_processes(
    apis: tuple[Api, Api],
) -> None:
    assert told(REGISTRATIONS + 3, apis, register) == [201] * REGISTRATIONS + [429] * 3
    assert guess(apis[0]).status_code == 401, "another limit"


def test_registrations_at_once_are_counted_exactly(apis: tuple[Api, Api]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(lambda n: register(apis[n % 2]), range(AT_ONCE)))
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {201: REGISTRATIONS, 429: AT_ONCE - REGISTRATIONS}


def test_a_right_password_is_not_heard_after_too_many_wrong_ones(
    limited: Limited, apis: tuple[Api, Api]
) -> None:
    account = limited.server.a.register()
    told(FAILURES, apis, guess)
    body = {"email": account.email, "password": PASSWORD}
    assert apis[1].post("/auth/login", json=body).status_code == 429
    elsewhere, _ = limited.clients_at(next(_addresses))
    assert elsewhere.post("/auth/login", json=body).status_code == 200


@pytest.mark.parametrize("header", FORGED)
def test_what_a_client_says_of_its_address_gives_it_no_further_tries(
    apis: tuple[Api, Api], header: str
) -> None:
    forged = [{header: f"{'for=' * (header == 'forwarded')}203.0.113.{n}"} for n in range(8)]
    answers = [register(apis[n % 2], forged[n]).status_code for n in range(8)]
    assert answers == [201] * REGISTRATIONS + [429] * (8 - REGISTRATIONS)


def test_a_client_of_a_trusted_proxy_is_counted_by_its_own_address(
    proxies: tuple[Api, Api],
) -> None:
    first, other = next(_clients), next(_clients)
    through = partial(guess, headers=via(first))
    assert told(FAILURES + 1, proxies, through) == [401] * FAILURES + [429]
    assert guess(proxies[0], via(other)).status_code == 401


def test_what_a_client_puts_before_the_proxys_word_does_not_count(
    proxies: tuple[Api, Api],
) -> None:
    """The right-most hop that is not ours is what our proxy saw."""
    client = next(_clients)
    chains = [f"203.0.113.{n}, {client}, {PROXY}" for n in range(FAILURES + 1)]
    answers = [guess(proxies[n % 2], via(chain)).status_code for n, chain in enumerate(chains)]
    assert answers == [401] * FAILURES + [429]


def test_without_trusted_proxies_the_header_is_not_believed_of_anybody(server: Server) -> None:
    account, client = server.a.register(), next(_clients)
    body = {"email": account.email, "password": PASSWORD}
    for api in (server.a, server.b):
        assert api.post("/auth/login", json=body, headers=via(client)).is_success
    rows = server.sql("SELECT address FROM sessions WHERE user_id = $1", account.id)
    assert [str(row["address"]) for row in rows] == ["127.0.0.1"] * 2
