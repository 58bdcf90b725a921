"""The embedded PostgreSQL serves: on its socket, with its data, until it is stopped."""

import asyncio
import time
from pathlib import Path

import asyncpg
import pytest

from entrypoints.embedded_postgres import Cluster
from tests.e2e.postgres.conftest import ask, servers


def test_it_answers_on_its_socket_only_and_knows_vectors(folder: Path) -> None:
    with Cluster(folder, {"work_mem": "5MB"}, durable=False) as cluster:
        distance = "SELECT '[1,2]'::vector <-> '[4,6]'::vector"
        assert ask(cluster.url(), "SELECT 1") == 1
        assert ask(cluster.url(), "CREATE EXTENSION vector", distance) == 5
        assert ask(cluster.url(), "CREATE DATABASE other") is None
        assert ask(cluster.url("other"), "SELECT current_database()") == "other"
        for name, value in {
            "listen_addresses": "",
            "server_encoding": "UTF8",
            "work_mem": "5MB",
            "fsync": "off",
        }.items():
            assert ask(cluster.url(), f"SHOW {name}") == value
        assert ask(cluster.url(), "SELECT lower('ÄÖ')") == "äö"
        assert cluster.socket.stat().st_mode & 0o077 == 0


def test_a_port_in_the_environment_does_not_lead_clients_astray(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "6543")
    with Cluster(folder, durable=False) as cluster:
        assert ask(cluster.url(), "SELECT 1") == 1


def test_stop_cuts_open_sessions_and_is_clean_and_quick(folder: Path) -> None:
    cluster = Cluster(folder)
    cluster.start()

    async def stop_while_connected() -> float:
        connection = await asyncpg.connect(cluster.url(), ssl=False)
        await connection.execute("CREATE TABLE t AS SELECT generate_series(1, 100000)")
        query = asyncio.create_task(connection.fetchval("SELECT pg_sleep(60)"))
        await asyncio.sleep(0.05)
        begun = time.monotonic()
        cluster.stop()
        took = time.monotonic() - begun
        with pytest.raises((asyncpg.PostgresError, OSError)):
            await query
        connection.terminate()
        return took

    assert asyncio.run(stop_while_connected()) < 5
    assert cluster.poll() == 0
    assert servers(folder) == []
    assert not list(folder.glob(".s.*"))
    with cluster:
        assert ask(cluster.url(), "SELECT count(*) FROM t") == 100000
    assert "not properly shut down" not in cluster.log.read_text()


def test_data_survives_a_restart(folder: Path) -> None:
    with Cluster(folder) as cluster:
        ask(cluster.url(), "CREATE TABLE t AS SELECT 42 AS answer")
    with Cluster(folder) as again:
        assert ask(again.url(), "SELECT answer FROM t") == 42
        assert again.url() == cluster.url()


def test_what_users_wrote_does_not_reach_the_log(folder: Path) -> None:
    with Cluster(folder, durable=False) as cluster:
        ask(cluster.url(), "CREATE TABLE t (email text UNIQUE)")
        with pytest.raises(asyncpg.UniqueViolationError):
            ask(cluster.url(), *["INSERT INTO t VALUES ('ada@x.org')"] * 2)
    assert "duplicate key" in cluster.log.read_text()
    assert "ada@x.org" not in cluster.log.read_text()
