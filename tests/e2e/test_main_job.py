"""The main job, played against what a user starts."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Server
from tests.running import PATIENCE, QUICKLY, ROOT, free_port

DEMO = ROOT / "docs" / "demo"
ACCOUNT = {"email": "ada@example.org", "password": "correct horse battery staple"}
QUESTION = "How quickly must invoices be paid?"
ANSWER = "The Customer shall pay each valid and undisputed invoice within thirty days after receiving it."


def sign_in(client: httpx.Client) -> None:
    assert client.post("/auth/register", json=ACCOUNT).status_code == 201
    form = {"username": ACCOUNT["email"], "password": ACCOUNT["password"]}
    token = client.post("/auth/login", data=form).json()["access_token"]
    client.headers["authorization"] = f"Bearer {token}"


def upload(client: httpx.Client, path: Path) -> str:
    answer = client.post("/documents/upload", files={"file": (path.name, path.read_bytes())})
    assert answer.status_code == 201, answer.text
    document: str = answer.json()["id"]
    return document


def until(client: httpx.Client, document: str, *wanted: str) -> dict[str, Any]:
    """The document's status, once it or its step is one of `wanted`."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        status: dict[str, Any] = client.get(f"/documents/{document}/status").json()
        if {status["processing_status"], status["processing_step"]} & {*wanted, "failed"}:
            return status
        time.sleep(0.02)
    raise TimeoutError(status)


def assert_cited(client: httpx.Client, message: dict[str, Any]) -> None:
    """Every sentence of the answer is a verbatim span of a document."""
    assert message["mode"] == "extractive"
    quotes = []
    for citation in message["citations"]:
        text = client.get(f"/documents/{citation['document_id']}/content").json()
        assert text["content"][citation["start"] : citation["end"]] == citation["quote"]
        assert text["sha256"] == citation["version_sha256"]
        page = next(page for page in text["pages"] if page["page"] == citation["page"])
        assert page["start"] <= citation["start"] < page["end"]
        quotes.append(citation["quote"])
    assert message["content"] == "\n".join(quotes)


@pytest.mark.parametrize("name", ["services-agreement.pdf", "services-agreement.docx"])
def test_an_uploaded_agreement_answers_with_its_own_sentences(server: Server, name: str) -> None:
    with server.client() as client:
        sign_in(client)
        document = upload(client, DEMO / name)
        assert until(client, document, "completed")["processing_status"] == "completed"

        answer = client.post("/chat/chat", json={"content": QUESTION})
        assert answer.status_code == 200
        message = answer.json()["message"]
        assert_cited(client, message)
        assert ANSWER in message["content"].replace("\n", " ")

        nothing = client.post("/chat/chat", json={"content": "How tall is Mount Everest?"})
        assert nothing.json()["message"]["mode"] == "not_found"
        assert client.delete(f"/documents/{document}").status_code == 204
        gone = client.post("/chat/chat", json={"content": QUESTION}).json()["message"]
        assert (gone["mode"], gone["nearest"]) == ("not_found", [])

    assert server.stop() < QUICKLY
    assert ACCOUNT["password"] not in server.output
    assert "Traceback" not in server.output


def test_a_killed_worker_loses_nothing_and_doubles_nothing(server: Server) -> None:
    with server.client() as client:
        sign_in(client)
        document = upload(client, DEMO / "services-agreement.pdf")
        until(client, document, "embed")
        (worker,) = server.workers()
        os.kill(worker, signal.SIGKILL)

        assert until(client, document, "completed")["processing_status"] == "completed"
        assert server.workers() not in ([], [worker])
        chunks, after = [], None
        while True:
            page = client.get(
                f"/documents/{document}/chunks",
                params={"size": 100} | ({"after": after} if after else {}),
            ).json()
            chunks += page["items"]
            after = page["next"]
            if after is None:
                break
        assert [chunk["ordinal"] for chunk in chunks] == list(range(len(chunks)))
        message = client.post("/chat/chat", json={"content": QUESTION}).json()["message"]
        assert_cited(client, message)
        assert len(client.get("/documents").json()["items"]) == 1


def test_a_session_outlives_a_restart_and_a_token_does_not_outlive_its_session(
    server: Server,
) -> None:
    with server.client() as client:
        sign_in(client)
        server.stop()
        server.start()
        assert client.get("/users/me").json()["email"] == ACCOUNT["email"]
        assert client.post("/auth/logout").status_code == 204
        assert client.get("/users/me").status_code == 401


def test_everything_comes_back_after_postgres_was_killed(server: Server) -> None:
    pid = int((server.data / "pg" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    with server.client() as client:
        down = client.get("/health/db")
        assert down.status_code in (200, 503)
        server.until_healthy()
        sign_in(client)
        document = upload(client, DEMO / "data-retention-policy.md")
        assert until(client, document, "completed")["processing_status"] == "completed"


def test_a_database_that_does_not_answer_is_named_in_one_line(tmp_path: Path) -> None:
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    environ = os.environ | {
        "DATA_DIR": str(tmp_path),
        "PORT": str(free_port()),
        "DATABASE_URL": url,
    }
    command = [sys.executable, "-m", "entrypoints", "serve"]
    told = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=PATIENCE
    )
    assert told.returncode == 1
    assert len(told.stderr.strip().splitlines()) == 1
    assert "DATABASE_URL does not answer" in told.stderr


def test_a_second_server_is_refused_in_one_line(server: Server) -> None:
    taken = f"127.0.0.1:{server.port} is in use"
    for port, reason in ((server.port, taken), (free_port(), "is in use by process")):
        environ = os.environ | {"DATA_DIR": str(server.data), "PORT": str(port)}
        command = [sys.executable, "-m", "entrypoints", "serve"]
        second = subprocess.run(
            command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=PATIENCE
        )
        assert second.returncode == 1
        assert len(second.stderr.strip().splitlines()) == 1
        assert reason in second.stderr


def test_ctrl_c_during_the_start_ends_it_without_a_traceback(server: Server) -> None:
    server.stop()
    environ = os.environ | {"DATA_DIR": str(server.data), "PORT": str(server.port)}
    command = [sys.executable, "-m", "entrypoints", "serve"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as started:
        end = time.monotonic() + PATIENCE
        while not (server.data / "pg" / "postmaster.pid").exists():
            assert time.monotonic() < end
            time.sleep(0.005)
        os.killpg(started.pid, signal.SIGINT)
        _, told = started.communicate(timeout=PATIENCE)
    assert started.returncode == 0
    assert "Traceback" not in told
