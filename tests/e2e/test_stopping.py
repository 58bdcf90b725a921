"""However `serve` is told to stop, it is quick, quiet and leaves nobody behind."""

import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Server
from tests.running import QUICKLY, free_port, until


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Not started: the tests do that, in one data folder, whose database is made once."""
    server = Server(tmp_path_factory.mktemp("stopping"), free_port())
    yield server
    server.end()


@pytest.mark.parametrize(
    ("number", "group"),
    [(signal.SIGINT, True), (signal.SIGTERM, True), (signal.SIGTERM, False)],
    ids=["Ctrl-C", "SIGTERM to the group", "SIGTERM to the parent"],
)
def test_serve_ends_quickly_and_takes_all_along(
    serve: Server, number: signal.Signals, group: bool
) -> None:
    serve.start()
    before = len(serve.output)
    processes = family(serve)
    assert len(processes) > 4
    with httpx.Client(base_url=f"http://127.0.0.1:{serve.port}") as idle:
        idle.get("/health")  # a connection that a browser would leave open
        took = serve.stop(number, group=group)
    assert took < QUICKLY
    assert serve.process.returncode == 0
    until(lambda: not alive(processes), 1)
    assert "Traceback" not in serve.output
    assert "child_died" not in serve.output[before:]


def test_a_killed_serve_takes_all_along(serve: Server) -> None:
    serve.start()
    processes = family(serve)
    serve.kill()
    until(lambda: not alive(processes), 10)


def family(server: Server) -> set[tuple[int, str]]:
    """Everything that descends from `server`, postgres too: pid and start time."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[int(folder.name)] = int(_stat(int(folder.name))[1])
    found = {server.process.pid}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return {(pid, _stat(pid)[19]) for pid in found}


def alive(processes: set[tuple[int, str]]) -> list[int]:
    found = []
    for pid, started in processes:
        with suppress(OSError):
            if (stat := _stat(pid))[19] == started and stat[0] != "Z":
                found.append(pid)
    return found


def _stat(pid: int) -> list[str]:
    """From the state on: a name may hold spaces."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
