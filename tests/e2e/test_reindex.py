"""Another model while the system runs, and kill -9 in the middle of what follows."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from entrypoints.embedded_postgres import Cluster
from tests.conftest import execute, new_database
from tests.embedding_endpoint import process
from tests.running import PATIENCE, Running, free_port, is_healthy, sql, until

PASSAGES = 400
OLD, NEW = "minilm-l6-v2-int8", "wordllama-l2-supercat-256"
# Each vector of the new set takes its time, so that a process can be killed between two batches.
SLOWLY = f"""
CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_sleep(0.005); RETURN NEW;
END $$;
CREATE TRIGGER slowly BEFORE INSERT ON chunk_vectors FOR EACH ROW
    WHEN (NEW.embedding_set = '{NEW}') EXECUTE FUNCTION slowly();
"""
AT_ONCE = "DROP TRIGGER slowly ON chunk_vectors"
# A worker looks for what is due when it starts: by the clock it would take a minute.
NOW = "UPDATE jobs.pgqueuer_schedules SET next_run = now(), status = 'queued'"
MADE = "SELECT count(*) FROM chunk_vectors WHERE embedding_set = $1"
LACKING = """
SELECT count(*) FROM chunks c WHERE NOT EXISTS (
    SELECT FROM chunk_vectors v
    WHERE v.user_id = c.user_id AND v.chunk_id = c.id AND v.embedding_set = $1)
"""
SPOILT = """
UPDATE chunk_vectors SET embedding =
    (SELECT embedding FROM chunk_vectors WHERE embedding_set = $1 LIMIT 1) WHERE embedding_set = $1
"""
DIFFERENT = "SELECT count(DISTINCT embedding) FROM chunk_vectors WHERE embedding_set = $1"
STATES = "SELECT name, state FROM embedding_sets"


class System:
    """An API, a worker and their settings."""

    def __init__(self, database: str, folder: Path) -> None:
        self.database, self.folder, self.port = database, folder, free_port()
        self.environ = {
            "DATABASE_URL": database,
            "DATA_DIR": str(folder / "data"),
            "PORT": str(self.port),
            "EMBEDDINGS": "minilm",
        }
        self.api, self.worker = self._running("api"), self._running("worker")

    def _running(self, command: str) -> Running:
        return Running(command, self.folder / f"{command}.log", self.environ)

    def start(self) -> None:
        self.api.start()
        self.start_worker()
        until(lambda: is_healthy(self.port))

    def start_worker(self) -> None:
        sql(self.database, NOW)
        self.worker.start()

    def restart(self, **settings: str) -> None:
        self.api.end()
        self.worker.end()
        self.environ.update(settings)
        self.start()

    def end(self) -> None:
        self.api.end()
        self.worker.end()

    def count(self, question: str, name: str) -> int:
        found: int = sql(self.database, question, name)[0][0]
        return found

    def states(self) -> dict[str, str]:
        return {row["name"]: row["state"] for row in sql(self.database, STATES)}

    def until_made(self, vectors: int) -> None:
        until(lambda: self.count(MADE, NEW) >= vectors)


@pytest.fixture
def system(cluster: Cluster, tmp_path: Path) -> Iterator[System]:
    system = System(new_database(cluster), tmp_path)
    try:
        system.start()
        yield system
    finally:
        system.end()


class User(httpx.Client):
    def __init__(self, port: int) -> None:
        super().__init__(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=PATIENCE)
        body = {"email": "ada@example.org", "password": "correct horse battery"}
        self.post("/auth/register", json=body)
        token = self.post("/auth/login", json=body).json()["access_token"]
        self.headers["authorization"] = f"Bearer {token}"

    def upload(self, name: str, text: str) -> None:
        sent = self.post("/documents/upload", files={"file": (name, text.encode())})
        assert sent.status_code == 201, sent.text
        document = sent.json()["id"]

        def completed() -> bool:
            status: str = self.get(f"/documents/{document}/status").json()["processing_status"]
            assert status != "failed"
            return status == "completed"

        until(completed)

    def search(self) -> dict[str, Any]:
        body = {"query": "When must invoices be paid?", "mode": "semantic"}
        found: dict[str, Any] = self.post("/search", json=body).raise_for_status().json()
        return found

    def sets(self) -> dict[str, Any]:
        found = self.get("/health/detailed").json()["embedding_sets"]
        return {one["name"]: one for one in found}


def a_text(name: str) -> str:
    paragraphs = [f"## {name} {n}\n\nInvoice {n} of {name} is due.\n" for n in range(PASSAGES // 4)]
    return "\n".join(paragraphs)


def test_a_worker_killed_while_it_builds_leaves_each_passage_one_vector_in_each_set(
    system: System,
) -> None:
    with closing(User(system.port)) as ada:
        for name in ("first.md", "second.md", "third.md"):
            ada.upload(name, a_text(name))
        assert system.count(LACKING, OLD) == 0

        asyncio.run(execute(system.database, SLOWLY))
        system.restart(EMBEDDINGS="static")
        for least in (32, 128):
            system.until_made(least)
            system.worker.kill()
            assert system.states() == {OLD: "active", NEW: "building"}
            assert ada.search()["semantic"], "the old set answers meanwhile"
            system.start_worker()
        assert 0 < ada.sets()[NEW]["done"] < ada.sets()[NEW]["total"]

        sql(system.database, AT_ONCE)
        ada.upload("fourth.md", a_text("fourth.md"))
        system.until_made(PASSAGES)
        until(lambda: system.states() == {OLD: "retired", NEW: "active"})
        assert ada.search()["semantic"]

        passages = system.count("SELECT count(*) FROM chunks WHERE $1 <> ''", "all")
        assert passages >= PASSAGES
        for name in (OLD, NEW):
            assert system.count(MADE, name) == passages
            assert system.count(LACKING, name) == 0
        until(lambda: ada.sets()[NEW]["done"] == passages)
        told = ada.sets()[NEW]
        assert (told["state"], told["dimensions"], told["failed"]) == ("active", 256, 0)
        assert told["total"] == passages


def test_an_endpoint_is_sent_nothing_of_who_does_not_allow_it(system: System) -> None:
    with process.running() as endpoint, closing(User(system.port)) as ada:
        endpoint.will()
        system.restart(
            EMBEDDINGS="openai_compatible",
            EMBEDDING_BASE_URL=f"{endpoint.url}/v1",
            EMBEDDING_API_KEY=process.KEY,
            EMBEDDING_MODEL=process.MODEL,
            EMBEDDING_DIMENSIONS=str(process.DIMENSIONS),
        )
        until(lambda: system.states().get(process.NAME) == "active")
        ada.upload("first.md", a_text("first.md"))
        assert not ada.search()["semantic"]
        assert endpoint.seen() == []

        ada.put(
            "/privacy/consents/ai_external.documents", json={"granted": True}
        ).raise_for_status()
        ada.upload("second.md", a_text("second.md"))
        assert system.count(MADE, process.NAME) == PASSAGES // 4
        found = ada.search()
        assert found["semantic"]
        assert {hit["document_title"] for hit in found["items"]} == {"second.md"}
        assert {request["key"] for request in endpoint.seen()} == {f"Bearer {process.KEY}"}
        endpoint.will(*["broken"] * 4)
        body = {"query": "When must invoices be paid?"}
        assert not ada.post("/search", json=body).raise_for_status().json()["semantic"]
    assert process.KEY not in system.api.output + system.worker.output


def test_reindex_does_it_at_once_and_tells(system: System, tmp_path: Path) -> None:
    with closing(User(system.port)) as ada:
        ada.upload("first.md", a_text("first.md"))
    system.end()
    system.environ["EMBEDDINGS"] = "static"
    assert f"{OLD}: active, " in command(system, "--status")
    told = command(system)
    assert f"{NEW}: active, {PASSAGES // 4} of {PASSAGES // 4} passages" in told
    assert system.count(LACKING, NEW) == 0
    sql(system.database, SPOILT, NEW)
    assert system.count(DIFFERENT, NEW) == 1
    assert f"{NEW}: active" in command(system, "--force")
    assert system.count(DIFFERENT, NEW) > 1
    system.environ["EMBEDDINGS"] = "none"
    assert f"{NEW}: building" in command(system)


def command(system: System, *arguments: str) -> str:
    run = Running("reindex", system.folder / "reindex.log", system.environ, arguments)
    run.start()
    assert run.process.wait(PATIENCE) == 0, run.output
    return run.output
