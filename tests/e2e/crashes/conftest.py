"""An API and a worker on one database, which tests kill wherever they like, once for all of them."""

import asyncio
from collections.abc import Iterator
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
from tests.running import PATIENCE, ROOT, Running, free_port, is_healthy, sql, until

POLICY = ROOT / "docs" / "demo" / "data-retention-policy.md"
QUESTION = "When does staff complete the records training module?"
ANSWER, NEW_ANSWER = "within six weeks of joining", "within nine weeks of joining"
OLD = POLICY.read_bytes()
NEW = OLD.replace(b"six weeks", b"nine weeks")
# Where a worker is killed in each step.
MOMENTS = {
    "in its midst": {
        Step.EXTRACT: "document_texts",
        Step.CHUNK: "chunks",
        Step.INDEX: "postings",
        Step.EMBED: "chunk_vectors",
        Step.PUBLISH: "documents",
    },
    "before its end is kept": {step: str(step) for step in Step},
    "before its job is told done": {
        Step.EXTRACT: "ExtractText",
        Step.CHUNK: "ChunkText",
        Step.INDEX: "IndexTerms",
        Step.EMBED: "EmbedChunks",
        Step.PUBLISH: "PublishVersion",
    },
}
NOTHING = dict.fromkeys(
    ["files", "documents", "versions", "texts", "chunks", "postings", "statistics", "vectors"], 0
)

# Whoever comes to a place where its owner's things are held sleeps there, inside its transaction:
# so a process can be killed exactly there, and several documents at once.
HOLD = """
CREATE TABLE held (owner uuid, place text);
GRANT SELECT ON held TO public;
CREATE FUNCTION hold(who uuid, here text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    WHILE EXISTS (SELECT FROM held WHERE (owner, place) = (who, here)) LOOP
        PERFORM pg_sleep(0.5);
    END LOOP;
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
CREATE FUNCTION hold_gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM hold(OLD.user_id, TG_TABLE_NAME || ' gone'); RETURN OLD;
END $$;
CREATE TRIGGER hold BEFORE UPDATE ON document_versions FOR EACH ROW
    WHEN (OLD.step IS DISTINCT FROM NEW.step) EXECUTE FUNCTION hold_step();
CREATE TRIGGER hold BEFORE DELETE ON jobs.starts FOR EACH ROW EXECUTE FUNCTION hold_job();
CREATE TRIGGER hold BEFORE UPDATE ON messages FOR EACH ROW EXECUTE FUNCTION hold_row();
CREATE TRIGGER hold BEFORE INSERT ON stored_files FOR EACH ROW EXECUTE FUNCTION hold_row();
CREATE TRIGGER hold AFTER INSERT ON document_texts FOR EACH ROW EXECUTE FUNCTION hold_row();
CREATE TRIGGER hold AFTER INSERT ON chunks FOR EACH ROW EXECUTE FUNCTION hold_row();
CREATE TRIGGER hold AFTER INSERT ON postings FOR EACH ROW EXECUTE FUNCTION hold_row();
CREATE TRIGGER hold AFTER INSERT ON chunk_vectors FOR EACH ROW EXECUTE FUNCTION hold_row();
CREATE TRIGGER hold AFTER UPDATE ON documents FOR EACH ROW
    WHEN (OLD.current_version_id IS DISTINCT FROM NEW.current_version_id)
    EXECUTE FUNCTION hold_row();
CREATE TRIGGER gone AFTER DELETE ON documents FOR EACH ROW EXECUTE FUNCTION hold_gone();
CREATE TRIGGER gone AFTER DELETE ON document_versions FOR EACH ROW EXECUTE FUNCTION hold_gone();
"""
ASLEEP = (
    "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
)
# A worker is taken for dead when its jobs' hearts have not beaten for 10 s: let them have passed.
LONG_AGO = "UPDATE jobs.pgqueuer SET heartbeat = heartbeat - interval '1 minute'"
MADE = """
SELECT (SELECT count(*) FROM stored_files WHERE user_id = $1) AS files,
    (SELECT count(*) FROM documents WHERE user_id = $1) AS documents,
    (SELECT count(*) FROM document_versions WHERE user_id = $1) AS versions,
    (SELECT count(*) FROM document_texts WHERE user_id = $1) AS texts,
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
            "REGISTRATIONS_PER_ADDRESS_PER_MINUTE": "0",
            "SEARCHES_PER_MINUTE": "0",
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
        """Whoever sleeps goes on."""
        self.sql("DELETE FROM held")

    def kill_worker(self) -> None:
        """And what the database still does for it."""
        self.worker.kill()
        self.sql(ASLEEP.replace("SELECT pid", "SELECT pg_terminate_backend(pid)"))

    def restart_worker(self) -> None:
        self.sql(LONG_AGO)
        self.worker.start()

    def kill_and_restart_worker(self) -> None:
        self.kill_worker()
        self.let_go()
        self.restart_worker()

    def made(self, user: "User") -> asyncpg.Record:
        """How many rows of each kind a user has."""
        return self.sql(MADE, user.id)[0]

    def until_idle(self) -> None:
        """Until all is done; and then there are the bytes that rows name, and no others."""
        until(lambda: not self.sql("SELECT FROM jobs.pgqueuer WHERE status <> 'failed'"))
        folder = self.folder / "data" / "objects"
        keys = {row["storage_key"] for row in self.sql("SELECT storage_key FROM stored_files")}
        assert {str(path.relative_to(folder)) for path in self.objects} == keys

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

    def upload(self, content: bytes = OLD) -> str:
        answer = self.post("/documents/upload", files={"file": (POLICY.name, content)})
        assert answer.status_code == 201, answer.text
        document: str = answer.json()["id"]
        return document

    def replace(self, document: str, content: bytes) -> None:
        file = {"file": (POLICY.name, content)}
        answer = self.post(f"/documents/{document}/versions", files=file)
        assert answer.status_code == 201, answer.text

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

    def found(self, document: str) -> frozenset[str]:
        """The ids of all passages that answer the question by their words."""
        asked = {"query": QUESTION, "mode": "lexical", "document_ids": [document], "limit": 50}
        answer = self.post("/search", json=asked)
        assert answer.status_code == 200, answer.text
        return frozenset(item["chunk_id"] for item in answer.json()["items"])

    def ask(self) -> dict[str, Any]:
        """The answer, however long it takes."""
        sent = self.post("/chat/chat", json={"content": QUESTION})
        assert sent.status_code in (200, 202), sent.text
        location = f"http://{self.base_url.netloc.decode()}{sent.headers['location']}"

        def answer() -> dict[str, Any] | None:
            message: dict[str, Any] = self.get(location).json()
            return None if message["status"] == "pending" else message

        return until(answer) or {}


@pytest.fixture(scope="package")
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


@dataclass(frozen=True)
class Made:
    """What a document becomes: its passages, and how many rows of each kind."""

    passages: list[dict[str, Any]]
    rows: asyncpg.Record


@pytest.fixture(scope="package")
def undisturbed(system: System) -> Made:
    """What the policy becomes when nobody dies."""
    return _read(system, "undisturbed", OLD)


@pytest.fixture(scope="package")
def undisturbed_new(system: System) -> Made:
    """And what its next version does."""
    return _read(system, "undisturbed-new", NEW)


def _read(system: System, name: str, content: bytes) -> Made:
    with closing(User(system.port, name)) as user:
        document = user.upload(content)
        user.until(document, "completed")
        return Made(user.passages(document), system.made(user))
