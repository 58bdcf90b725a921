"""The embedded PostgreSQL when whatever it consists of is killed, or whoever started it."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from entrypoints.embedded_postgres import Cluster
from tests.e2e.postgres.conftest import ask, parent, servers, status, told
from tests.running import children, until


@contextmanager
def busy(url: str) -> Iterator[int]:
    """A backend that computes and never looks whether its postmaster still lives."""
    script = (
        "import asyncio, asyncpg, sys\n"
        "async def main():\n"
        "    c = await asyncpg.connect(sys.argv[1], ssl=False)\n"
        "    print(c.get_server_pid(), flush=True)\n"
        "    await c.execute('DO $$ BEGIN LOOP END LOOP; END $$')\n"
        "asyncio.run(main())\n"
    )
    client = subprocess.Popen(
        [sys.executable, "-c", script, url], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with client:
        assert client.stdout
        backend = int(client.stdout.readline())
        try:
            until(lambda: ask(url, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO%'"))
            yield backend
        finally:
            client.kill()
            with suppress(ProcessLookupError):
                os.kill(backend, signal.SIGKILL)


def test_a_killed_postmaster_is_started_again_in_place(folder: Path) -> None:
    with Cluster(folder) as cluster:
        url, first = cluster.url(), cluster.pid
        ask(url, "CREATE TABLE t AS SELECT 42 AS answer")
        assert cluster.poll() is None
        os.kill(first, signal.SIGKILL)
        until(lambda: cluster.poll() == -signal.SIGKILL)
        cluster.start()
        assert cluster.pid != first
        assert ask(url, "SELECT answer FROM t") == 42
        second = cluster.pid
        cluster.start()
        assert cluster.pid == second


def test_a_query_too_busy_to_notice_a_killed_postmaster_does_not_block_the_next(
    folder: Path,
) -> None:
    with Cluster(folder) as cluster:
        with busy(cluster.url()) as backend:
            os.kill(cluster.pid, signal.SIGKILL)
            until(lambda: cluster.poll() is not None)
            until(lambda: servers(folder) == [backend])
            cluster.start()
            assert backend not in servers(folder)
        assert ask(cluster.url(), "SELECT 1") == 1


def test_a_killed_backend_costs_its_sessions_and_the_server_recovers_by_itself(
    folder: Path,
) -> None:
    with Cluster(folder) as cluster:
        ask(cluster.url(), "CREATE TABLE t AS SELECT 42 AS answer")

        async def kill_own_backend() -> None:
            connection = await asyncpg.connect(cluster.url(), ssl=False)
            os.kill(connection.get_server_pid(), signal.SIGKILL)
            with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
                await connection.fetchval("SELECT pg_sleep(60)")

        def answer() -> Any:
            with suppress(asyncpg.PostgresError, OSError):
                return ask(cluster.url(), "SELECT answer FROM t")

        asyncio.run(kill_own_backend())
        assert until(answer) == 42
        assert cluster.poll() is None


def test_a_killed_parent_takes_the_server_along_and_the_next_start_has_the_data(
    folder: Path,
) -> None:
    with parent(folder) as process:
        pid, url = told(process)
        ask(url, "CREATE TABLE t AS SELECT 42 AS answer")
        assert pid in servers(folder)
        process.kill()
        until(lambda: not servers(folder))
    with Cluster(folder) as cluster:
        assert ask(cluster.url(), "SELECT answer FROM t") == 42
    assert "not properly shut down" not in cluster.log.read_text()


def test_a_start_right_after_the_parent_was_killed_waits_for_its_server(folder: Path) -> None:
    with parent(folder) as process:
        _, url = told(process)
        ask(url, "CREATE TABLE t AS SELECT 42 AS answer")
        process.kill()
        process.wait()
        with Cluster(folder) as cluster:
            assert ask(cluster.url(), "SELECT answer FROM t") == 42


def test_a_pid_file_that_names_a_stranger_is_no_obstacle(folder: Path) -> None:
    with Cluster(folder) as cluster:
        os.kill(cluster.pid, signal.SIGKILL)
        until(lambda: cluster.poll() is not None and not servers(folder))
    owner = folder.stat().st_uid
    stranger = subprocess.Popen(["sleep", "60"], user=owner if owner != os.geteuid() else None)
    with stranger:
        try:
            for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
                lines = (folder / name).read_text().splitlines()
                (folder / name).write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
            with Cluster(folder) as again:
                assert ask(again.url(), "SELECT 1") == 1
        finally:
            stranger.kill()


@pytest.mark.parametrize("victim", ["initdb", "parent"])
def test_an_initdb_killed_half_way_leaves_nothing_the_next_start_takes_for_a_cluster(
    folder: Path, victim: str
) -> None:
    with parent(folder) as process:
        until(lambda: list(folder.parent.glob("pg.new-*/global/*")))
        (initdb,) = children(process.pid)
        assert int(status(initdb, "SigBlk"), 16) == 0
        os.kill(initdb if victim == "initdb" else process.pid, signal.SIGKILL)
        if victim == "initdb":
            assert "initdb ended with -9" in told(process)[1]
        process.kill()
    assert not folder.exists()
    for _ in range(2):
        with Cluster(folder, durable=False) as cluster:
            assert ask(cluster.url(), "SELECT 1") == 1
    assert sorted(path.name for path in folder.parent.iterdir()) == [
        "pg",
        "pg.lock",
        "postgres.log",
    ]
