"""Letters leave by a job: into a folder, or by a mail server that need not be there at once."""

import re
import socket
import time
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from tests.contract.mail.smtp_server import Inbox
from tests.e2e.conftest import Server
from tests.e2e.test_main_job import ACCOUNT, sign_in
from tests.running import PATIENCE, QUICKLY

NEW = "a new and better password"


def link_token(content: bytes) -> str:
    payload = message_from_bytes(content).get_payload(decode=True)
    assert isinstance(payload, bytes)
    found = re.search(rb"#token=([\w-]{43})", payload)
    assert found
    return found[1].decode()


def letter(folder: Path, subject: str) -> bytes:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for path in folder.glob("*.eml"):
            if f"Subject: {subject}" in (text := path.read_bytes()).decode():
                return text
        time.sleep(0.02)
    raise TimeoutError(subject)


def test_a_forgotten_password_is_reset_by_a_letter(server: Server) -> None:
    with server.client() as client:
        sign_in(client)
        answer = client.post("/auth/password/forgot", json={"email": ACCOUNT["email"]})
        assert answer.status_code == 202
        token = link_token(letter(server.data / "mail", "Reset your password"))
        verification = link_token(letter(server.data / "mail", "Verify your e-mail address"))
        assert client.post("/auth/email/verify", json={"token": verification}).status_code == 200

        body = {"token": token, "new_password": NEW}
        assert client.post("/auth/password/reset", json=body).status_code == 200
        assert client.get("/users/me").status_code == 401
        login = client.post("/auth/login", json={"email": ACCOUNT["email"], "password": NEW})
        assert login.json()["user"]["email_verified"]
    server.stop()
    for secret in (token, verification, NEW, ACCOUNT["email"]):
        assert secret not in server.output
    assert "Traceback" not in server.output


@pytest.fixture
def smtp(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Controller, Inbox]]:
    """A mail server that `server` is told of, not yet started."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {"HOST": "127.0.0.1", "PORT": str(port), "TLS": "false"}
    for name, value in environ.items():
        monkeypatch.setenv(f"SMTP_{name}", value)
    monkeypatch.setenv("EMAIL_FROM", "Colonnade <no-reply@example.org>")
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    yield controller, inbox
    controller.stop(no_assert=True)


def test_a_mail_server_that_was_away_gets_the_letter_later(
    smtp: tuple[Controller, Inbox], request: pytest.FixtureRequest
) -> None:
    server: Server = request.getfixturevalue("server")
    controller, inbox = smtp
    with server.client() as client:
        began = time.monotonic()
        sign_in(client)
        assert time.monotonic() - began < QUICKLY
    while "job_failed" not in server.output:
        time.sleep(0.02)
    controller.start()
    while not inbox.envelopes:
        assert time.monotonic() - began < PATIENCE
        time.sleep(0.02)
    (envelope,) = inbox.envelopes
    assert envelope.rcpt_tos == [ACCOUNT["email"]]
    assert isinstance(envelope.content, bytes)
    token = link_token(envelope.content)
    assert token not in server.output
    assert ACCOUNT["email"] not in server.output
    assert not (server.data / "mail").exists()
