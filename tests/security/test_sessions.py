"""A session is the same on every process, in the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.security.conftest import PASSWORD, Server

AT_ONCE = 50


def spread[T](server: Server, ask: Callable[[int], T]) -> list[T]:
    """What AT_ONCE callers are told who ask at the same time."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(ask, range(AT_ONCE)))


def test_a_token_of_one_process_opens_the_other(server: Server) -> None:
    keys = [api.get("/.well-known/jwks.json").json() for api in (server.a, server.b)]
    assert keys[0] == keys[1]
    assert len(keys[0]["keys"]) == 2  # the one that signs, and the next
    assert server.b.knows(server.a.sign_up())


def test_a_session_that_ends_on_one_process_is_over_on_the_other(server: Server) -> None:
    session = server.a.sign_up()
    assert server.b.knows(session)
    assert server.a.post("/auth/logout", headers=session.headers).status_code == 204
    assert not server.b.knows(session)
    refused = server.b.post("/auth/refresh", json={"refresh_token": session.refresh})
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_refresh_token")


def test_logging_out_ends_one_session_and_no_other(server: Server) -> None:
    account = server.a.register()
    here, there = server.a.log_in(account), server.b.log_in(account)
    assert server.a.post("/auth/logout", headers=here.headers).status_code == 204
    assert server.a.knows(there)
    assert server.b.knows(server.a.refresh(there.refresh))


def test_a_grandparent_is_refused_at_once(server: Server) -> None:
    first = server.a.sign_up()
    server.a.refresh(server.b.refresh(first.refresh).refresh)
    refused = server.a.post("/auth/refresh", json={"refresh_token": first.refresh})
    assert refused.status_code == 401


def test_fifty_uses_of_one_refresh_token_leave_one_family_that_works(server: Server) -> None:
    first = server.a.sign_up()
    apis = (server.a, server.b)
    given = spread(server, lambda n: apis[n % 2].refresh(first.refresh))
    assert len({session.refresh for session in given}) == 1
    assert all(apis[n % 2].knows(session) for n, session in enumerate(given))
    assert server.b.knows(server.a.refresh(given[0].refresh))


def test_a_logout_among_refreshes_wins(server: Server) -> None:
    first = server.a.sign_up()
    apis = (server.a, server.b)

    def refresh_or_leave(n: int) -> str | None:
        if n == AT_ONCE // 2:
            assert server.a.post("/auth/logout", headers=first.headers).status_code == 204
            return None
        answer = apis[n % 2].post("/auth/refresh", json={"refresh_token": first.refresh})
        assert answer.status_code in (200, 401), answer.text
        return str(answer.json()["refresh_token"]) if answer.status_code == 200 else None

    given = {token for token in spread(server, refresh_or_leave) if token}
    assert len(given) <= 1
    for token in (first.refresh, *given):
        for api in apis:
            refused = api.post("/auth/refresh", json={"refresh_token": token})
            assert refused.status_code == 401


@pytest.mark.parametrize("email", ["fifty@example.org"])
def test_fifty_registrations_of_one_email_make_one_account(server: Server, email: str) -> None:
    apis, spellings = (server.a, server.b), (email, email.upper(), f" {email}")

    def register(n: int) -> int:
        body = {"email": spellings[n % 3], "password": PASSWORD}
        return apis[n % 2].post("/auth/register", json=body).status_code

    assert sorted(spread(server, register)) == [201] + [409] * (AT_ONCE - 1)
    assert len(server.sql("SELECT FROM users WHERE lower(email) = $1", email)) == 1
