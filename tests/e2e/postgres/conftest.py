"""The embedded PostgreSQL, with real processes, real signals and real users."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.running import ROOT

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


def servers(folder: Path) -> list[int]:
    """Every process that works in `folder`, postmaster and backends."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink() == folder:
                found.append(int(process.name))
    return found


def status(pid: int, field: str) -> str:
    found = re.search(rf"^{field}:\s*(\S+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found
    return found[1]
