"""The embedded PostgreSQL for root, who may not run it, and for ordinary users."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrypoints.embedded_postgres import Cluster
from tests.e2e.postgres.conftest import ask, parent, servers, status, told
from tests.running import until

NOBODY = pwd.getpwnam("nobody").pw_uid
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become someone else")


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder whose parents everybody may enter, unlike pytest's."""
    path = Path(tempfile.mkdtemp(prefix="colonnade-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


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
