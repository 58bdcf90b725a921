"""The embedded PostgreSQL, with real processes, real signals and real users."""

import asyncio
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from entrypoints.embedded_postgres import AlreadyRunning, Cluster, ClusterFailed

ROOT = Path(__file__).parents[2]
NOBODY = pwd.getpwnam("nobody").pw_uid
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become someone else")

# A parent process that runs a cluster until its standard input ends, with its signals blocked as
# the supervisor has them. Everything is imported before it changes its user, since the interpreter
# itself may lie in root's home.
PARENT = """
import json, os, signal, sys
from pathlib import Path
from entrypoints.embedded_postgres import Cluster, ClusterFailed
if uid := int(sys.argv[2]):
    os.setgroups([]); os.setresgid(uid, uid, uid); os.setresuid(uid, uid, uid)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
try:
    with Cluster(Path(sys.argv[1])) as cluster:
        print(json.dumps([cluster.pid, cluster.url()]), flush=True)
        sys.stdin.read()
except ClusterFailed as error:
    print(json.dumps([0, str(error)]), flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "pg"


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder whose parents everybody may enter, unlike pytest's."""
    path = Path(tempfile.mkdtemp(prefix="colonnade-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@contextmanager
def parent(
    folder: Path, *, uid: int = 0, prefix: tuple[str, ...] = ()
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*prefix, sys.executable, "-c", PARENT, folder, str(uid)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
            if process.stdin:
                process.stdin.close()
            process.wait(20)
        finally:
            process.kill()


def told(process: subprocess.Popen[str]) -> tuple[int, str]:
    assert process.stdout
    pid, text = json.loads(process.stdout.readline())
    return pid, text


def ask(url: str, *statements: str) -> Any:
    """The value of the last statement."""

    async def run() -> Any:
        connection = await asyncpg.connect(url, ssl=False, timeout=10)
        try:
            return [await connection.fetchval(statement) for statement in statements][-1]
        finally:
            await connection.close()

    return asyncio.run(run())


def until(condition: Callable[[], object], seconds: float = 5) -> Any:
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"still not so after {seconds} s"
        time.sleep(0.01)
    return value


def servers(folder: Path) -> list[int]:
    """Every process that works in `folder`, postmaster and backends."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink() == folder:
                found.append(int(process.name))
    return found


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def status(pid: int, field: str) -> str:
    found = re.search(rf"^{field}:\s*(\S+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found
    return found[1]


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


def test_what_users_wrote_does_not_reach_the_log(folder: Path) -> None:
    with Cluster(folder, durable=False) as cluster:
        ask(cluster.url(), "CREATE TABLE t (email text UNIQUE)")
        with pytest.raises(asyncpg.UniqueViolationError):
            ask(cluster.url(), *["INSERT INTO t VALUES ('ada@x.org')"] * 2)
    assert "duplicate key" in cluster.log.read_text()
    assert "ada@x.org" not in cluster.log.read_text()


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


@root_only
def test_root_becomes_someone_else_who_still_reaches_a_private_parent(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    folder = private / "data" / "pg"
    with Cluster(folder, durable=False) as cluster:
        assert ask(cluster.url(), "SELECT 1") == 1
        assert status(cluster.pid, "Uid") != "0"
        assert int(status(cluster.pid, "CapEff"), 16) == 1 << 1
    assert (private.stat().st_uid, private.stat().st_mode & 0o777) == (0, 0o700)
    assert folder.parent.stat().st_uid == 0
    assert folder.stat().st_uid != 0


@root_only
def test_root_gives_the_server_no_capability_where_it_needs_none(shared: Path) -> None:
    (shared / "data").mkdir()
    with Cluster(shared / "data" / "pg", durable=False) as cluster:
        if any(not path.stat().st_mode & 1 for path in Path(sys.prefix).parents):
            pytest.skip("the binaries lie in a private folder")
        assert ask(cluster.url(), "SELECT 1") == 1
        assert int(status(cluster.pid, "CapEff"), 16) == 0


@root_only
def test_root_takes_over_what_was_copied_and_runs_another_users_cluster_as_that_user(
    shared: Path,
) -> None:
    with Cluster(shared / "pg", durable=False) as cluster:
        ask(cluster.url(), "CREATE TABLE t AS SELECT 42 AS answer")
    for owner in (0, 12345):
        for path in (shared / "pg", *(shared / "pg").rglob("*")):
            os.chown(path, owner, owner)
        with Cluster(shared / "pg", durable=False) as cluster:
            assert ask(cluster.url(), "SELECT answer FROM t") == 42
            assert int(status(cluster.pid, "Uid")) == (shared / "pg").stat().st_uid != 0
    assert (shared / "pg").stat().st_uid == 12345


@root_only
def test_an_ordinary_user_in_a_folder_of_their_own(shared: Path) -> None:
    os.chown(shared, NOBODY, NOBODY)
    with parent(shared / "data" / "pg", uid=NOBODY) as process:
        pid, url = told(process)
        assert pid, url
        assert ask(url, "SELECT 1") == 1
        assert status(pid, "Uid") == str(NOBODY)
        process.kill()
        until(lambda: not servers(shared / "data" / "pg"))
    with parent(shared / "data" / "pg", uid=NOBODY) as process:
        assert ask(told(process)[1], "SELECT 1") == 1


@root_only
def test_an_ordinary_user_in_someone_elses_folder_is_told_so(shared: Path) -> None:
    with parent(shared / "pg", uid=12345) as process:
        pid, line = told(process)
        assert pid == 0
        assert line.startswith(f"DATA_DIR {shared}: ")
        assert "Permission denied" in line


@root_only
def test_root_without_the_capability_uses_a_user_namespace(folder: Path) -> None:
    for needed in (["setpriv", "--version"], ["unshare", "-U", "true"]):
        if not shutil.which(needed[0]) or subprocess.run(needed, capture_output=True).returncode:
            pytest.skip(f"{needed[0]} does not work here")
    prefix = ("setpriv", "--bounding-set", "-dac_override")
    with parent(folder, prefix=prefix) as process:
        pid, url = told(process)
        assert pid, url
        assert ask(url, "SELECT 1") == 1
        assert folder.stat().st_uid == 0
        process.kill()
        until(lambda: not servers(folder))


@root_only
def test_root_that_may_do_nothing_of_this_is_told_so_in_one_line(folder: Path) -> None:
    if not shutil.which("setpriv"):
        pytest.skip("setpriv is not installed")
    with parent(folder, prefix=("setpriv", "--bounding-set", "-all")) as process:
        pid, line = told(process)
        assert pid == 0
        assert line.startswith(f"DATA_DIR {folder.parent}: ")
        assert "ordinary user" in line
