"""What the documentation shows does what it says."""

import os
import re
import subprocess
from pathlib import Path
from shutil import which
from typing import Any

import msgspec
import pytest

from tests.e2e.conversations.conftest import ASKED, Deployment, events_of
from tests.running import ROOT
from tests.security.conftest import PASSWORD, Session

PAGE = (ROOT / "docs/api/STREAMING.md").read_text()


def block(language: str) -> str:
    """The first of its language."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.S)
    assert found is not None
    return found[1]


def run(command: list[str], deployment: Deployment, session: Session) -> str:
    environ = {"api": f"http://127.0.0.1:{deployment.b.port}/api/v1", "token": session.access}
    done = subprocess.run(
        command, env=os.environ | environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_curl_shows_an_answer_as_it_is_made(deployment: Deployment) -> None:
    told = list(
        events_of(run(["bash", "-ec", block("bash")], deployment, deployment.reader()).splitlines())
    )
    assert [told[0]["event"], told[-1]["event"]] == ["message.created", "message.completed"]
    assert "ten years" in told[-1]["data"]["content"]


@pytest.mark.skipif(which("node") is None, reason="needs node")
def test_a_browsers_fetch_shows_an_answer_as_it_is_made(
    deployment: Deployment, tmp_path: Path
) -> None:
    script = tmp_path / "page.mjs"
    script.write_text(
        block("javascript")
        + f"""
const pieces = [];
const {{ api, token }} = process.env;
const message = await answer(api, token, {ASKED!r}, (text) => pieces.push(text));
console.log(JSON.stringify({{ pieces, message }}));
"""
    )
    shown = msgspec.json.decode(run(["node", str(script)], deployment, deployment.reader()))
    assert shown["message"]["status"] == "complete"
    assert "".join(shown["pieces"]) == shown["message"]["content"]


def test_a_page_with_cookies_is_told_as_eventsource_asks(deployment: Deployment) -> None:
    account = deployment.a.register()
    body = {"email": account.email, "password": PASSWORD}
    ada = deployment.a.log_in(account)
    answer = deployment.ask(deployment.a, ada, model="extractive")["answer"]
    signed_in = deployment.a.post("/auth/login", params={"cookies": True}, json=body)
    asked: dict[str, Any] = {
        "cookie": "; ".join(f"{name}={value}" for name, value in signed_in.cookies.items()),
        "accept": "text/event-stream",
        "last-event-id": "1",
    }
    told = deployment.b.get(f"/messages/{answer['id']}/events", headers=asked)
    deployment.a.cookies.clear()
    assert told.status_code == 200, told.text
    events = list(events_of(told.text.splitlines()))
    assert [event["id"] for event in events] == [str(n) for n in range(2, len(events) + 2)]
    assert events[-1]["event"] == "message.completed"
