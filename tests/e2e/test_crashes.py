"""kill -9 of every process at every step: nothing is lost, nothing is done twice."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from domain.knowledge.document import Step
from entrypoints.embedded_postgres import Cluster
from tests.conftest import execute, new_database
from tests.e2e.conftest import Server
from tests.running import PATIENCE, ROOT, Running, free_port, is_healthy, sql, until

POLICY = ROOT / "docs" / "demo" / "data-retention-policy.md"
QUESTION = "When does staff complete the records training module?"
ANSWER = "within six weeks of joining"
STEPS = {
    Step.EXTRACT: "ExtractText",
    Step.CHUNK: "ChunkText",
    Step.INDEX: "IndexTerms",
    Step.EMBED: "EmbedChunks",
    Step.PUBLISH: "PublishVersion",
}

# Whoever comes to a place where its owner's things are held falls asleep there, inside its
# transaction: so a process can be killed exactly there, and several documents at once.
HOLD = """
CREATE TABLE held (owner uuid, place text);
GRANT SELECT ON held TO public;
CREATE FUNCTION hold(who uuid, here text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_sleep(60) FROM held WHERE (owner, place) = (who, here);
END $$;
CREATE FUNCTION hold_step() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM hold(OLD.user_id, OLD.step); RETURN NEW;
END $$;
CREATE FUNCTION hold_job() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM hold((convert_from(payload, 'UTF8')::json ->> 'user_id')::uuid, entrypoint)
        FROM jobs.pgqueuer WHERE id = OLD.job_id;
    RETURN OLD;
END $$;
CREATE FUNCTION hold_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM hold(NEW.user_id, TG_TABLE_NAME); RETURN NEW;
END $$;
CREATE TRIGGER hold BEFORE UPDATE ON document_versions FOR EACH ROW
    WHEN (OLD.step IS DISTINCT FROM NEW.step) EXECUTE FUNCTION hold_step();
CREATE TRIGGER hold BEFORE DELETE ON jobs.starts FOR EACH ROW EXECUTE FUNCTION hold_job();
CREATE TRIGGER hold BEFORE UPDATE ON messages FOR EACH ROW EXECUTE FUNCTION hold_row();
CREATE TRIGGER hold BEFORE INSERT ON stored_files FOR EACH ROW EXECUTE FUNCTION hold_row();
"""
ASLEEP = (
    "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
)
# A worker is taken for dead when its jobs' hearts have not beaten for 10 s: let them have passed.
LONG_AGO = "UPDATE jobs.pgqueuer SET heartbeat = heartbeat - interval '1 minute'"
MADE = """
SELECT (SELECT count(*) FROM documents WHERE user_id = $1) AS documents,
    (SELECT count(*) FROM document_versions WHERE user_id = $1) AS versions,
    (SELECT count(*) FROM chunks WHERE user_id = $1) AS chunks,
    (SELECT count(*) FROM postings WHERE user_id = $1) AS postings,
    (SELECT count(*) FROM version_statistics WHERE user_id = $1) AS statistics,
    (SELECT count(*) FROM chunk_vectors WHERE user_id = $1) AS vectors
"""


@dataclass
class System:
    """An API and a worker, that tests kill and start again, on one database."""

    database: str
    folder: Path
    port: int = field(default_factory=free_port)
    api: Running = field(init=False)
    worker: Running = field(init=False)

    def __post_init__(self) -> None:
        environ = {
            "DATABASE_URL": self.database,
            "DATA_DIR": str(self.folder / "data"),
            "TMPDIR": str(self.temporary),
            "PORT": str(self.port),
        }
        self.temporary.mkdir()
        self.api = Running("api", self.folder / "api.log", environ)
        self.worker = Running("worker", self.folder / "worker.log", environ)

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    @property
    def objects(self) -> list[Path]:
        return [path for path in (self.folder / "data" / "objects").rglob("*") if path.is_file()]

    def sql(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        return sql(self.database, statement, *arguments)

    def hold(self, owner: UUID, place: str) -> None:
        self.sql("INSERT INTO held VALUES ($1, $2)", owner, place)

    def until_asleep(self, sleepers: int) -> None:
        until(lambda: len(self.sql(ASLEEP)) == sleepers)

    def let_go(self) -> None:
        """After whoever slept was killed: end what the database still does for them."""
        self.sql("TRUNCATE held")
        self.sql(ASLEEP.replace("SELECT pid", "SELECT pg_terminate_backend(pid)"))

    def restart_worker(self) -> None:
        self.sql(LONG_AGO)
        self.worker.start()

    def restart_api(self) -> None:
        self.api.start()
        until(lambda: is_healthy(self.port))


class User(httpx.Client):
    """A signed-in client with an account of its own."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=PATIENCE)
        body = {"email": f"{name}@example.org", "password": "correct horse battery"}
        self.id = UUID(self.post("/auth/register", json=body).json()["id"])
        token = self.post("/auth/login", json=body).json()["access_token"]
        self.headers["authorization"] = f"Bearer {token}"

    def upload(self) -> str:
        file = (POLICY.name, POLICY.read_bytes())
        answer = self.post("/documents/upload", files={"file": file})
        assert answer.status_code == 201, answer.text
        document: str = answer.json()["id"]
        return document

    def until(self, document: str, *wanted: str) -> None:
        """Until the document's status, or its step, is one of `wanted`."""

        def reached() -> bool:
            answer = self.get(f"/documents/{document}/status")
            if answer.status_code == 503:
                return False
            status = answer.json()
            assert status["processing_status"] != "failed", status
            return bool({status["processing_status"], status["processing_step"]} & {*wanted})

        until(reached)

    def passages(self, document: str) -> list[dict[str, Any]]:
        """All but their ids, which differ from document to document."""
        page = self.get(f"/documents/{document}/chunks", params={"size": 100}).json()
        assert page["next"] is None
        return [{k: v for k, v in chunk.items() if k != "id"} for chunk in page["items"]]

    def ask(self) -> dict[str, Any]:
        """The answer, however long it takes."""
        sent = self.post("/chat/chat", json={"content": QUESTION})
        assert sent.status_code in (200, 202), sent.text
        location = f"http://{self.base_url.netloc.decode()}{sent.headers['location']}"

        def answer() -> dict[str, Any] | None:
            message: dict[str, Any] = self.get(location).json()
            return None if message["status"] == "pending" else message

        return until(answer) or {}


@pytest.fixture(scope="module")
def system(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    system = System(new_database(cluster), tmp_path_factory.mktemp("crashes"))
    asyncio.run(execute(system.database, HOLD))
    try:
        system.worker.start()
        system.restart_api()
        yield system
    finally:
        system.worker.end()
        system.api.end()


@pytest.fixture(scope="module")
def undisturbed(system: System) -> tuple[list[dict[str, Any]], asyncpg.Record]:
    """What the policy becomes when nobody dies: its passages, and how many rows."""
    with closing(User(system.port, "undisturbed")) as user:
        document = user.upload()
        user.until(document, "completed")
        return user.passages(document), system.sql(MADE, user.id)[0]


@pytest.mark.parametrize("moment", ["before its end is kept", "before its job is told done"])
def test_a_worker_killed_in_every_step_leaves_whole_documents(
    system: System, undisturbed: tuple[list[dict[str, Any]], asyncpg.Record], moment: str
) -> None:
    """Five documents, each held in another step; then one kill."""
    kept = moment == "before its job is told done"
    users = {step: User(system.port, f"{step}-{kept}") for step in Step}
    for step, user in users.items():
        system.hold(user.id, STEPS[step] if kept else step)
    documents = {step: user.upload() for step, user in users.items()}
    system.until_asleep(len(Step))
    system.worker.kill()
    system.let_go()
    system.restart_worker()

    passages, rows = undisturbed
    for step, user in users.items():
        with closing(user):
            user.until(documents[step], "completed")
            assert user.passages(documents[step]) == passages
            assert system.sql(MADE, user.id)[0] == rows
            assert ANSWER in user.ask()["content"].replace("\n", " ")
    until(lambda: not system.sql("SELECT FROM jobs.pgqueuer"))
    assert not system.sql("SELECT FROM jobs.starts")


def test_a_killed_worker_takes_the_reader_of_its_document_along(system: System) -> None:
    with closing(User(system.port, "reader")) as user:
        document = user.upload()
        (reader,) = until(lambda: children(system.worker.process.pid))
        system.worker.kill()
        until(lambda: not Path(f"/proc/{reader}").exists())
        system.restart_worker()
        user.until(document, "completed")
    assert not list(system.temporary.iterdir())


def test_a_question_whose_worker_dies_is_answered_once_to_who_still_waits(system: System) -> None:
    with closing(User(system.port, "asker")) as user, ThreadPoolExecutor() as threads:
        user.until(user.upload(), "completed")
        system.hold(user.id, "messages")
        asked = threads.submit(user.ask)
        system.until_asleep(1)
        system.worker.kill()
        system.let_go()
        system.restart_worker()
        message = asked.result()
        assert ANSWER in message["content"].replace("\n", " ")
        assert user.get(f"/messages/{message['id']}").json() == message
        said = system.sql("SELECT role FROM messages WHERE user_id = $1 ORDER BY id", user.id)
        assert [one["role"] for one in said] == ["user", "assistant"]


def test_a_job_whose_starts_cannot_be_counted_is_tried_again(system: System) -> None:
    """Neither held for ever nor counted: the database was away for a moment."""
    tried_again = "SELECT FROM jobs.pgqueuer WHERE attempts > 0 AND status = 'queued'"
    with closing(User(system.port, "uncounted")) as user:
        system.sql("ALTER TABLE jobs.starts RENAME TO elsewhere")
        document = user.upload()
        until(lambda: system.sql(tried_again))
        system.sql("ALTER TABLE jobs.elsewhere RENAME TO starts")
        user.until(document, "completed")


def test_an_upload_whose_server_dies_half_way_leaves_nothing(system: System) -> None:
    with closing(User(system.port, "half")) as user:
        before = system.objects
        head = (
            "POST /api/v1/documents/upload HTTP/1.1\r\nhost: localhost\r\n"
            f"authorization: {user.headers['authorization']}\r\n"
            "content-type: multipart/form-data; boundary=edge\r\ncontent-length: 40000000\r\n\r\n"
            '--edge\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        )
        with socket.create_connection(("127.0.0.1", system.port)) as connection:
            connection.sendall(head.encode() + b"half a sentence " * 500_000)
            system.api.kill()
        system.restart_api()
        assert user.get("/documents").json()["items"] == []
        assert system.objects == before
        assert not list(system.temporary.iterdir())
        user.until(user.upload(), "completed")


def test_everything_comes_back_when_postgres_dies_while_a_document_is_read(
    server: Server, undisturbed: tuple[list[dict[str, Any]], asyncpg.Record]
) -> None:
    with closing(User(server.port, "ada")) as user:
        document = user.upload()
        user.until(document, "embed", "publish", "completed")
        postmaster = (server.data / "pg" / "postmaster.pid").read_text().splitlines()[0]
        os.kill(int(postmaster), signal.SIGKILL)
        user.until(document, "completed")
        assert user.passages(document) == undisturbed[0]
        assert len(user.get("/documents").json()["items"]) == 1
        assert ANSWER in user.ask()["content"].replace("\n", " ")
    server.stop()


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]
