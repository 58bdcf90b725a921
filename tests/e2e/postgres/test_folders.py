"""The folder of the embedded PostgreSQL: whose it is, what else is in it, how it is called."""

import os
import re
import signal
from pathlib import Path

import pytest

from entrypoints.embedded_postgres import AlreadyRunning, Cluster, ClusterFailed
from tests.e2e.postgres.conftest import ask
from tests.running import until


def test_a_second_start_is_refused_in_one_line_and_the_first_goes_on(folder: Path) -> None:
    with Cluster(folder, durable=False) as cluster:
        second = Cluster(folder)
        with pytest.raises(AlreadyRunning) as refusal:
            second.start()
        assert str(refusal.value) == f"{folder} is in use by process {os.getpid()}"
        second.stop()
        assert ask(second.url(), "SELECT 1") == 1
        assert cluster.poll() is None


def test_a_server_that_somebody_else_started_is_not_disturbed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrypoints.embedded_postgres.ORPHAN_SECONDS", 1.5)
    with Cluster(folder, durable=False) as cluster:
        folder.with_name("pg.lock").unlink()
        with pytest.raises(AlreadyRunning, match=f"{folder} is in use by postgres {cluster.pid}$"):
            Cluster(folder).start()
        assert ask(cluster.url(), "SELECT 1") == 1


def test_a_folder_with_other_files_is_left_alone(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "thesis.txt").write_text("mine")
    with pytest.raises(ClusterFailed, match="not a PostgreSQL cluster"):
        Cluster(folder).start()
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def test_a_failed_start_says_why_and_where_and_can_be_repeated(folder: Path) -> None:
    with pytest.raises(ClusterFailed) as failure:
        Cluster(folder, {"no_such_setting": "1"}, durable=False).start()
    assert re.fullmatch(
        rf"postgres ended with 1 in DATA_DIR {folder.parent}: "
        rf'FATAL: .*"no_such_setting" \(see {folder.parent}/postgres.log\)',
        str(failure.value),
    )
    with Cluster(folder, durable=False) as cluster:
        assert ask(cluster.url(), "SELECT 1") == 1


@pytest.mark.parametrize("name", ["d" * 100, "with, comma", "with space & 100% ünïcode"])
def test_paths_a_socket_cannot_have_or_a_url_must_quote(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name / "pg"
    with Cluster(folder, durable=False) as cluster:
        url, socket = cluster.url(), cluster.socket
        assert ask(url, "SELECT 1") == 1
        assert socket.stat().st_mode & 0o077 == 0
        os.kill(cluster.pid, signal.SIGKILL)
        until(lambda: cluster.poll() is not None)
        cluster.start()
        assert ask(url, "SELECT 1") == 1
    assert socket == folder or not socket.exists()
    assert not list(folder.glob(".s.*"))
