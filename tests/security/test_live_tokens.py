"""What ends on one process is over on the other, for the next request of a token that is still
long from its expiry."""

import pytest

from tests.security.conftest import PASSWORD, Account, Server, Session

NEW = "a new and better password"


@pytest.fixture(scope="module")
def admin(server: Server) -> Session:
    account = server.a.register()
    server.promote(account)
    return server.a.log_in(account)


def logged_in(server: Server) -> tuple[Account, Session]:
    """An account with a session, which both processes have seen to be alive."""
    account = server.a.register()
    session = server.a.log_in(account)
    assert server.a.knows(session)
    assert server.b.knows(session)
    return account, session


@pytest.mark.parametrize("path", ["/auth/logout", "/auth/logout-all"])
def test_logging_out_ends_the_token(server: Server, path: str) -> None:
    _, session = logged_in(server)
    assert server.a.post(path, headers=session.headers).status_code == 204
    assert not server.b.knows(session)
    _refresh_is_dead(server, session)


def test_logging_out_everywhere_ends_every_device(server: Server) -> None:
    account, here = logged_in(server)
    there = server.b.log_in(account)
    assert server.a.post("/auth/logout-all", headers=here.headers).status_code == 204
    assert not server.b.knows(there)
    _refresh_is_dead(server, there)


def test_a_session_that_is_deleted_is_over_and_no_other(server: Server) -> None:
    account, here = logged_in(server)
    there = server.b.log_in(account)
    listed = server.a.get("/auth/sessions", headers=here.headers).json()["items"]
    (other,) = [one["id"] for one in listed if not one["current"]]
    assert server.a.delete(f"/auth/sessions/{other}", headers=here.headers).status_code == 204
    assert not server.b.knows(there)
    assert server.b.knows(here)


def test_a_deactivated_account_is_out_and_stays_signed_out_when_activated(
    server: Server, admin: Session
) -> None:
    account, session = logged_in(server)
    key = server.a.api_key(session)
    assert server.b.knows(key)
    path = f"/users/{account.id}"
    assert server.a.post(f"{path}/deactivate", headers=admin.headers).status_code == 200
    assert not server.b.knows(session)
    assert not server.b.knows(key)
    _refresh_is_dead(server, session)
    credentials = {"email": account.email, "password": PASSWORD}
    assert server.b.post("/auth/login", json=credentials).json()["code"] == "account_inactive"
    assert server.a.post(f"{path}/activate", headers=admin.headers).status_code == 200
    assert not server.b.knows(session)
    assert server.b.knows(server.b.log_in(account))


def test_an_account_that_an_administrator_deletes_is_out(server: Server, admin: Session) -> None:
    account, session = logged_in(server)
    key = server.a.api_key(session)
    deleted = server.a.delete(f"/users/{account.id}", headers=admin.headers)
    assert deleted.status_code == 204
    assert not server.b.knows(session)
    assert not server.b.knows(key)
    _refresh_is_dead(server, session)


def test_an_account_that_deletes_itself_is_out(server: Server) -> None:
    account, session = logged_in(server)
    there = server.b.log_in(account)
    assert server.a.delete("/users/me", headers=session.headers).status_code == 204
    assert not server.b.knows(session)
    assert not server.b.knows(there)


def test_a_demoted_administrator_is_none(server: Server, admin: Session) -> None:
    account = server.a.register()
    server.promote(account)
    session = server.b.log_in(account)
    assert server.b.get("/users", headers=session.headers).status_code == 200
    # Past the API, which would end the session as well: the claims of the token still say admin.
    server.sql("UPDATE users SET is_admin = false WHERE id = $1", account.id)
    assert server.b.get("/users", headers=session.headers).status_code == 403
    assert server.b.knows(session)

    server.promote(account)
    assert server.b.get("/users", headers=session.headers).status_code == 200
    demoted = server.a.patch(
        f"/users/{account.id}", json={"is_admin": False}, headers=admin.headers
    )
    assert demoted.status_code == 200
    assert server.b.get("/users", headers=session.headers).status_code == 401
    assert server.b.get("/users", headers=server.b.log_in(account).headers).status_code == 403


def test_a_changed_password_ends_every_other_session(server: Server) -> None:
    account, here = logged_in(server)
    there = server.b.log_in(account)
    body = {"current_password": PASSWORD, "new_password": NEW}
    changed = server.a.post("/auth/password/change", json=body, headers=here.headers)
    assert changed.status_code == 200
    assert server.b.knows(here)
    assert not server.b.knows(there)
    _refresh_is_dead(server, there)
    assert server.b.knows(server.b.log_in(account, NEW))


def test_a_reset_password_ends_all_sessions(server: Server) -> None:
    account, here = logged_in(server)
    there = server.b.log_in(account)
    server.b.post("/auth/password/forgot", json={"email": account.email})
    token = server.mailed_token(account, "Reset your password")
    body = {"token": token, "new_password": NEW}
    assert server.a.post("/auth/password/reset", json=body).status_code == 200
    for session in (here, there):
        assert not server.b.knows(session)
        _refresh_is_dead(server, session)
    assert server.b.knows(server.b.log_in(account, NEW))


def test_a_revoked_api_key_opens_nothing(server: Server) -> None:
    _, session = logged_in(server)
    key = server.a.api_key(session)
    assert server.b.knows(key)
    revoked = server.a.delete(f"/auth/api-keys/{key.id}", headers=session.headers)
    assert revoked.status_code == 204
    assert not server.b.knows(key)


def _refresh_is_dead(server: Server, session: Session) -> None:
    for api in (server.b, server.a):
        refused = api.post("/auth/refresh", json={"refresh_token": session.refresh})
        assert refused.status_code == 401, refused.text
