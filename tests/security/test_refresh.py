"""A refresh token that was copied ends the session, for the thief and for its owner."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from domain.identity.session import GRACE, parse_refresh_token
from tests.running import until
from tests.security.conftest import Api, Server, Session
from tests.security.test_sessions import spread

ROUNDS = 20


def refused(server: Server, token: str) -> bool:
    answers = [
        api.post("/auth/refresh", json={"refresh_token": token}) for api in (server.a, server.b)
    ]
    return [answer.status_code for answer in answers] == [401, 401]


def test_the_parent_gives_its_successor_again_for_a_while_and_then_ends_the_family(
    server: Server,
) -> None:
    """The while is waited for: nothing in the database is changed by hand."""
    parent = server.a.sign_up()
    child = server.b.refresh(parent.refresh)
    answers: list[httpx.Response] = []

    def is_refused() -> bool:
        api = (server.a, server.b)[len(answers) % 2]
        answers.append(api.post("/auth/refresh", json={"refresh_token": parent.refresh}))
        return answers[-1].status_code != 200

    began = time.monotonic()
    until(is_refused, 6 * GRACE.total_seconds())
    assert {answer.json()["refresh_token"] for answer in answers[:-1]} == {child.refresh}
    assert time.monotonic() - began > GRACE.total_seconds() - 2
    assert answers[-1].json()["code"] == "invalid_refresh_token"
    assert refused(server, child.refresh)
    assert not server.a.knows(child)
    assert not server.b.knows(child)


@pytest.mark.parametrize("generations", [2, 3])
def test_reuse_ends_the_family_on_both_processes_for_good(server: Server, generations: int) -> None:
    """An older one than the parent gets no while."""
    first = last = server.a.sign_up()
    for api in (server.b, server.a, server.b)[:generations]:
        last = api.refresh(last.refresh)
    reused = server.a.post("/auth/refresh", json={"refresh_token": first.refresh})
    assert (reused.status_code, reused.json()["code"]) == (401, "invalid_refresh_token")
    # The denial was kept: its own transaction did not go with the answer.
    why = "SELECT revoked_at, revoked_reason FROM sessions WHERE token_hash = $1"
    (row,) = server.sql(why, parse_refresh_token(last.refresh).hash)
    assert row["revoked_at"] is not None
    for session in (first, last):
        assert refused(server, session.refresh)
        assert not server.a.knows(session)
        assert not server.b.knows(session)


def test_reuse_is_in_the_audit_log(server: Server) -> None:
    account = server.a.register()
    reuse(server, server.a.log_in(account))
    said = "SELECT action, outcome FROM audit_events WHERE object_id = $1 OR actor_id = $1"
    rows = server.sql(said, account.id)
    assert any("reuse" in row["action"] for row in rows), rows


def test_reuse_ends_no_other_session_of_the_account(server: Server) -> None:
    account = server.a.register()
    stolen, other = server.a.log_in(account), server.b.log_in(account)
    reuse(server, stolen)
    assert server.a.knows(other)
    assert server.a.knows(server.b.refresh(other.refresh))


def reuse(server: Server, stolen: Session) -> None:
    server.a.refresh(server.b.refresh(stolen.refresh).refresh)
    assert refused(server, stolen.refresh)


def test_fifty_at_once_leave_one_living_family_generation_after_generation(server: Server) -> None:
    apis, current = (server.a, server.b), server.a.sign_up()
    for _ in range(ROUNDS):
        parent = current.refresh
        given = spread(server, lambda n, parent=parent: apis[n % 2].refresh(parent))  # type: ignore[misc]
        assert len({session.refresh for session in given}) == 1
        current = given[0]
    assert all(api.knows(current) for api in apis)


def test_a_logout_ends_the_family_that_is_being_refreshed(server: Server) -> None:
    """On the other process, at another moment each round."""
    for n in range(ROUNDS):
        refreshing, leaving = (server.a, server.b) if n % 2 else (server.b, server.a)
        session = leaving.sign_up()
        given = [session.refresh]
        with ThreadPoolExecutor(1) as thread:
            last = thread.submit(_refresh_until_refused, refreshing, given)
            until(lambda given=given, n=n: len(given) > n % 5, 60)  # type: ignore[misc]
            assert leaving.post("/auth/logout", headers=session.headers).status_code == 204
            assert last.result() == 401
        assert refused(server, given[-1])
        assert not any(api.knows(session) for api in (server.a, server.b))


def _refresh_until_refused(api: Api, given: list[str]) -> int:
    """The status of the refusal; `given` grows by the token of each refresh."""
    while True:
        answer = api.post("/auth/refresh", json={"refresh_token": given[-1]})
        if answer.status_code != 200:
            return answer.status_code
        given.append(answer.json()["refresh_token"])
