"""A database that is away is a 503 for a while, and nothing needs a restart afterwards."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from entrypoints.database import migrate
from entrypoints.embedded_postgres import Cluster
from tests.conftest import execute
from tests.running import PATIENCE, Running, free_port, is_healthy, until
from tests.security.conftest import PASSWORD, Api, Secrets, Session
from tests.security.test_streams import upload


def test_a_stopped_database_is_503_until_it_is_back(tmp_path: Path) -> None:
    """On two processes of their own, for the other tests want theirs."""
    ports, secrets = (free_port(), free_port()), Secrets()
    with Cluster(tmp_path / "pg", {}, durable=False) as cluster:
        migrate(cluster.url())
        shared = {"DATABASE_URL": cluster.url(), "DATA_DIR": str(tmp_path / "data")}
        processes = [
            Running("api", tmp_path / f"{port}.log", shared | {"PORT": str(port)}) for port in ports
        ]
        try:
            for process in processes:
                process.start()
            for port in ports:
                until(lambda port=port: is_healthy(port))  # type: ignore[misc]
            with Api(ports[0], secrets) as a, Api(ports[1], secrets) as b:
                account = a.register()
                session = a.log_in(account)
                with watched(a, session) as stream:
                    cluster.stop()
                    assert not [line for line in stream.iter_lines() if line.startswith("event:")][
                        1:
                    ]
                credentials = {"email": account.email, "password": PASSWORD}
                for api in (a, b):
                    assert api.post("/auth/login", json=credentials).status_code == 503
                    again = api.post("/auth/refresh", json={"refresh_token": session.refresh})
                    assert again.status_code == 503
                    answer = api.get("/users/me", headers=session.headers)
                    assert (answer.status_code, answer.headers["content-type"]) == (
                        503,
                        "application/problem+json",
                    )
                    assert int(answer.headers["retry-after"]) >= 1
                cluster.socket.mkdir(mode=0o700, exist_ok=True)
                cluster.start()
                for api in (a, b):
                    until(lambda api=api: api.get("/health/db").status_code == 200)  # type: ignore[misc]
                    assert api.knows(session)
                assert [process.process.poll() for process in processes] == [None, None]
        finally:
            for process in processes:
                process.end()
    for log in (*(process.output for process in processes), cluster.log.read_text()):
        assert not secrets.found_in(log)
    assert not any("unexpected_error" in process.output for process in processes)


def test_a_database_without_tables_is_503_until_they_are_made(
    cluster: Cluster, tmp_path: Path
) -> None:
    asyncio.run(execute(cluster.url(), "CREATE DATABASE without_tables"))
    with _alone(tmp_path, cluster.url("without_tables")) as api:
        for path in ("/health/db", "/health/ready", "/.well-known/jwks.json"):
            answer = api.get(path)
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert "migrate" in answer.json()["detail"]
            assert int(answer.headers["retry-after"]) >= 1
        assert api.get("/health/detailed").json()["status"] == "degraded"
        migrate(cluster.url("without_tables"))
        assert api.get("/health/db").status_code == 200
        api.sign_up()


def test_a_process_that_starts_without_its_database_says_so(tmp_path: Path) -> None:
    with _alone(tmp_path, f"postgresql://nobody@127.0.0.1:{free_port()}/nothing") as api:
        answer = api.get("/health/db")
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


@contextmanager
def _alone(folder: Path, database: str) -> Iterator[Api]:
    """One process, of which nothing was unexpected in the end."""
    port = free_port()
    environ = {"DATABASE_URL": database, "DATA_DIR": str(folder / "data"), "PORT": str(port)}
    process = Running("api", folder / "api.log", environ)
    process.start()
    try:
        with Api(port, Secrets()) as api:
            until(lambda: _lives(api))
            yield api
    finally:
        process.end()
    assert "unexpected_error" not in process.output


def _lives(api: Api) -> bool:
    with suppress(httpx.TransportError):
        return api.get("/health").is_success
    return False


@contextmanager
def watched(api: Api, session: Session) -> Iterator[httpx.Response]:
    """The stream of a document that nobody reads."""
    with httpx.Client(base_url=api.base_url, timeout=PATIENCE) as client:
        document = upload(api, session, "Waits.")
        place = f"/documents/{document}/events"
        with client.stream("GET", place, headers=session.headers) as stream:
            yield stream
