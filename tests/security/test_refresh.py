"""A refresh token that was copied ends the session, for the thief and for its owner."""

from datetime import timedelta

import pytest

from domain.identity.session import GRACE, parse_refresh_token
from tests.security.conftest import Server, Session
from tests.security.test_sessions import spread

ROUNDS = 5


def refused(server: Server, token: str) -> bool:
    answers = [
        api.post("/auth/refresh", json={"refresh_token": token}) for api in (server.a, server.b)
    ]
    return [answer.status_code for answer in answers] == [401, 401]


def age(server: Server, session: Session, by: timedelta) -> None:
    """As if the rotation that gave `session` were that long ago."""
    late = "UPDATE sessions SET rotated_at = rotated_at - $1::interval WHERE token_hash = $2"
    server.sql(late, by, parse_refresh_token(session.refresh).hash)


@pytest.mark.parametrize("generations", [1, 2, 3])
def test_reuse_ends_the_family_on_both_processes_for_good(server: Server, generations: int) -> None:
    first = last = server.a.sign_up()
    for api in (server.b, server.a, server.b)[:generations]:
        last = api.refresh(last.refresh)
    age(server, last, 2 * GRACE)
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
    first = server.a.log_in(account)
    age(server, server.b.refresh(first.refresh), 2 * GRACE)
    assert refused(server, first.refresh)
    said = "SELECT action, outcome FROM audit_events WHERE object_id = $1 OR actor_id = $1"
    rows = server.sql(said, account.id)
    assert any("reuse" in row["action"] for row in rows), rows


def test_reuse_ends_no_other_session_of_the_account(server: Server) -> None:
    account = server.a.register()
    stolen, other = server.a.log_in(account), server.b.log_in(account)
    age(server, server.b.refresh(stolen.refresh), 2 * GRACE)
    assert refused(server, stolen.refresh)
    assert server.a.knows(other)
    assert server.a.knows(server.b.refresh(other.refresh))


def test_fifty_at_once_leave_one_living_family_generation_after_generation(server: Server) -> None:
    apis, current = (server.a, server.b), server.a.sign_up()
    for _ in range(ROUNDS):
        parent = current.refresh
        given = spread(server, lambda n, parent=parent: apis[n % 2].refresh(parent))  # type: ignore[misc]
        assert len({session.refresh for session in given}) == 1
        current = given[0]
    assert all(api.knows(current) for api in apis)
