"""The log tells what happened, and never a secret; the fixture's end looks through all of it."""

from tests.running import until
from tests.security.conftest import PASSWORD, Server, bearer


def test_what_is_sent_in_the_wrong_place_is_not_logged(server: Server) -> None:
    session = server.a.sign_up()
    secrets = {"password": PASSWORD, "token": session.access, "refresh_token": session.refresh}
    for path in ("/auth/login", "/users/me", "/nowhere", f"/documents/{session.refresh}"):
        server.a.get(path, params=secrets)
        server.a.post(path, params=secrets, json=secrets | {"unknown": PASSWORD})
        server.a.post(path, content=PASSWORD.encode(), headers=bearer(session.access))
        server.a.post(path, data=secrets, headers={"x-request-id": PASSWORD})
    server.a.get("/users/me", headers={"x-request-id": "last-one"})
    until(lambda: "last-one" in server.log)
    assert server.secrets.found_in(server.log) == []
