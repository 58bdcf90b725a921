"""kill -9 of the API in the middle of an upload, on disk and on S3: no document, no object, and the
sweep removes what is left."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from entrypoints.embedded_postgres import Cluster
from tests.buckets import Bucket, new_bucket
from tests.conftest import execute, new_database
from tests.running import PATIENCE, ROOT, Running, free_port, is_healthy, sql, until

MIB = 1024 * 1024
# Who adds a file falls asleep there: its bytes are whole then, and its row is not.
HOLD = """
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_sleep(60); RETURN NEW;
END $$;
CREATE TRIGGER hold BEFORE INSERT ON stored_files FOR EACH ROW
    WHEN (NEW.original_name = 'held.txt') EXECUTE FUNCTION hold();
"""
ASLEEP = (
    "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
)


@dataclass
class Api:
    """An API that keeps its files where `environ` says, and what is really there."""

    process: Running
    port: int
    database: str
    whole: Callable[[], list[str]]
    unfinished: Callable[[], list[str]]
    token: str = ""

    def start(self) -> None:
        self.process.start()
        until(lambda: is_healthy(self.port))

    def client(self) -> httpx.Client:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        base_url = f"http://127.0.0.1:{self.port}/api/v1"
        return httpx.Client(base_url=base_url, headers=headers, timeout=PATIENCE)

    def sign_up(self, name: str) -> None:
        body = {"email": f"{name}@example.org", "password": "correct horse battery"}
        with self.client() as client:
            assert UUID(client.post("/auth/register", json=body).json()["id"])
            self.token = client.post("/auth/login", json=body).json()["access_token"]

    def upload(self, name: str, content: bytes) -> int:
        """The status, or 0 when the API died."""
        with suppress(httpx.TransportError), self.client() as client:
            answer = client.post("/documents/upload", files={"file": (name, content)})
            return answer.status_code
        return 0

    def documents(self) -> list[object]:
        with self.client() as client:
            items: list[object] = client.get("/documents").json()["items"]
            return items

    def storage(self) -> dict[str, object]:
        with self.client() as client:
            health: dict[str, object] = client.get("/health/detailed").json()["storage"]
            return health

    def sweep(self, minutes: int) -> str:
        """What an operator reads who has the storage swept."""
        command = [sys.executable, "-m", "entrypoints", "sweep", "--older-than", str(minutes)]
        environ = os.environ | self.process.environ
        swept = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=True)
        return swept.stdout.decode()


@pytest.fixture(scope="module", params=["disk", "s3"])
def api(
    request: pytest.FixtureRequest, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("killed")
    database, port, bucket = new_database(cluster), free_port(), None
    asyncio.run(execute(database, HOLD))
    environ = {"DATABASE_URL": database, "DATA_DIR": str(folder / "data"), "PORT": str(port)}
    if request.param == "s3":
        bucket = new_bucket(request.getfixturevalue("s3"))
        environ |= bucket.environ | {"STORAGE_URL": bucket.url}
    process = Running("api", folder / "api.log", environ)
    api = Api(process, port, database, *_views(bucket, folder / "data" / "objects"))
    try:
        api.start()
        api.sign_up(request.param)
        yield api
    finally:
        process.end()


def _views(
    bucket: Bucket | None, folder: Path
) -> tuple[Callable[[], list[str]], Callable[[], list[str]]]:
    if bucket is not None:
        return bucket.objects, bucket.unfinished

    def files(*, whole: bool) -> list[str]:
        found = [path.name for path in folder.rglob("*") if path.is_file()]
        return [name for name in found if ("#" in name) != whole]

    return lambda: files(whole=True), lambda: files(whole=False)


def test_an_upload_that_is_killed_while_it_is_stored_leaves_what_the_sweep_removes(
    api: Api,
) -> None:
    with ThreadPoolExecutor() as threads:
        sent = half_stored(api, threads)
        whole = api.whole()
        kill(api)
        assert sent.result() == 0
    assert api.whole() == whole, "half an object is none"
    api.start()
    assert len(api.documents()) == len(whole)
    assert "1 unfinished uploads" in api.sweep(0)
    assert api.unfinished() == []
    assert api.whole() == whole


def test_bytes_whose_row_was_never_written_are_swept_once_they_are_old(api: Api) -> None:
    before = api.whole()
    with ThreadPoolExecutor() as threads:
        sent = threads.submit(api.upload, "held.txt", b"some words")
        until(lambda: sql(api.database, ASLEEP))
        kill(api)
        assert sent.result() == 0
    sql(api.database, ASLEEP.replace("SELECT pid", "SELECT pg_terminate_backend(pid)"))
    api.start()
    assert not [d for d in api.documents() if "held" in str(d)]
    assert len(api.whole()) == len(before) + 1

    assert "0 orphans" in api.sweep(60)
    assert len(api.whole()) == len(before) + 1, "an upload may be on its way for an hour"
    assert "1 orphans" in api.sweep(0)
    assert api.whole() == before
    swept = api.storage()["swept"]
    assert isinstance(swept, dict)
    assert (swept["orphans"], swept["missing"]) == (1, 0)
    assert api.upload("held no more.txt", b"some words") == 201


def half_stored(api: Api, threads: Executor) -> Future[int]:
    """An upload whose server stands still while it writes to the storage."""
    while True:
        content = os.urandom(16).hex().encode() * MIB  # 32 MiB, other ones each time
        sent = threads.submit(api.upload, "large.txt", content)
        while not (api.unfinished() or sent.done()):
            pass  # it takes a tenth of a second only
        stop(api, signal.SIGSTOP)
        if api.unfinished():
            return sent
        stop(api, signal.SIGCONT)  # too late: it is whole already
        assert sent.result() == 201


def stop(api: Api, number: signal.Signals) -> None:
    """The whole group: granian's worker is a child of the process that we know."""
    os.killpg(api.process.process.pid, number)


def kill(api: Api) -> None:
    stop(api, signal.SIGKILL)
    api.process.process.wait(PATIENCE)
