"""Processes on cores of their own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from benchmarks.load import HOST

ROOT = Path(__file__).parent.parent
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORES, LOAD_CORES = {CORES[0]}, set(CORES[1:]) or {CORES[0]}
_START, _STOP = 30.0, 8.0  # seconds
_TICKS = os.sysconf("SC_CLK_TCK")


class Process:
    """`python -m module …` on `cores`, until the block ends."""

    def __init__(
        self,
        arguments: list[str],
        cores: set[int],
        environ: Mapping[str, str],
        log: Path,
        *,
        stdin: bytes | None = None,
    ) -> None:
        # Not in the checkout, whose .env would be read.
        self._arguments, self._cores, self._log = [sys.executable, "-m", *arguments], cores, log
        self._environ = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), **environ}
        self._stdin = stdin
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if self._stdin is not None else log,
                stderr=log,
                cwd=self._log.parent,
                env=self._environ,
                preexec_fn=lambda: os.sched_setaffinity(0, self._cores),
            )
        if self._process.stdin:
            self._process.stdin.write(self._stdin or b"")
            self._process.stdin.close()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        process = self._running()
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()

    @property
    def pid(self) -> int:
        return self._running().pid

    def output(self, seconds: float) -> bytes:
        """What it wrote on stdout until its end, which must come within `seconds`."""
        process = self._running()
        begun, out = time.monotonic(), b""
        if process.stdout:
            out = process.stdout.read()  # it ends by itself: a load has a deadline of its own
        if code := process.wait(max(1.0, seconds - (time.monotonic() - begun))):
            raise RuntimeError(f"{self._arguments} ended with {code}:\n{self.tail()}")
        return out

    def ended(self) -> bool:
        return self._running().poll() is not None

    def tail(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("it was not started")
        return self._process


class Server:
    """A server that answers."""

    def __init__(self, port: int, process: Process) -> None:
        self.port, self._process = port, process

    def ask(
        self, method: str, path: str, body: object = None, token: str | None = None
    ) -> tuple[int, Any]:
        """Status and JSON. Not for measuring."""
        connection = HTTPConnection(HOST, self.port, timeout=30)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        sent = None
        if body is not None:
            sent, headers["content-type"] = msgspec.json.encode(body), "application/json"
        try:
            connection.request(method, path, sent, headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, msgspec.json.decode(text) if text[:1] in b"{[" else None
        finally:
            connection.close()

    def await_answer(self) -> None:
        end = time.monotonic() + _START
        while True:
            try:
                if self.ask("GET", "/health")[0] == 200:
                    return
            except OSError:
                pass
            if self._process.ended() or time.monotonic() > end:
                raise RuntimeError(f"a server did not start:\n{self._process.tail()}")
            time.sleep(0.05)

    def cpu(self) -> float:
        """Seconds of CPU that its processes took so far."""
        return sum(cpu_seconds(pid) for pid in family(self._process.pid))

    def peak_mib(self) -> float:
        """The most memory that its largest process, the one that answers, ever had resident."""
        return max(_kib(pid, "VmHWM") for pid in family(self._process.pid)) / 1024

    def resident_mib(self) -> float:
        """What its largest process has resident now."""
        return max(_kib(pid, "VmRSS") for pid in family(self._process.pid)) / 1024


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int(_stat(int(entry.name))[1])
        except OSError:
            continue
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def cpu_seconds(pid: int) -> float:
    try:
        fields = _stat(pid)
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _kib(pid: int, what: str) -> int:
    """Of proc_pid_status(5)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition(f"{what}:")[2].split()[0])


def _stat(pid: int) -> list[str]:
    """From the state on: the name before it may hold blanks."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
