"""What the benchmarks stand on: a database, servers and loads as processes, on cores of their own.

CONDITIONS are the same for a floor and for what is held against it.
"""

import asyncio
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import asyncpg
import msgspec
from msgspec import Struct

from benchmarks.load import HOST, Job, Load
from entrypoints.database import migrate
from entrypoints.embedded_postgres import Cluster

ROOT = Path(__file__).parent.parent
ROUNDS = 5
CONDITIONS = (
    "Servers (the API, the floor, argon2 alone) share the first core of this process; loads, and "
    "Postgres with them, have the others: the server is what limits, Postgres costs both sides alike.",
    "Postgres is a throw-away cluster with its durable defaults (fsync, synchronous_commit), so a "
    "login waits for its commit as in production; it is reached by a unix socket.",
    "Everything else is loopback; the API is the real process with default settings and its request "
    "log on, in a file; its throttles for one address are off.",
    "Rounds are interleaved and a ratio is made within a round, so what disturbs the machine for "
    "longer disturbs both; the result is the median of the rounds' ratios.",
)
_CORES = sorted(os.sched_getaffinity(0))
SERVER_CORES, LOAD_CORES = {_CORES[0]}, set(_CORES[1:]) or {_CORES[0]}
_THROTTLES_OFF = {
    "LOGIN_FAILURES_PER_ADDRESS_PER_MINUTE": "0",
    "REGISTRATIONS_PER_ADDRESS_PER_MINUTE": "0",
}
_START, _STOP = 30.0, 8.0  # seconds
_TICKS = os.sysconf("SC_CLK_TCK")


class Measure(Struct, frozen=True, kw_only=True):
    """One number. `ratio` is the median of `rounds`, `value` and `floor` those of their own; without
    a `target` it is for information. `details` names its own units."""

    name: str
    unit: str
    value: float
    floor: float
    rounds: list[float]
    target: float | None = None
    at_most: bool = False  # a target that is a ceiling
    details: dict[str, float] = {}

    @property
    def ratio(self) -> float:
        return statistics.median(self.rounds)

    @property
    def ok(self) -> bool | None:
        if self.target is None:
            return None
        return self.ratio <= self.target if self.at_most else self.ratio >= self.target


class Skipped(Struct, frozen=True):
    """What could not be measured, and why."""

    name: str
    why: str


type Result = Measure | Skipped


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
        return sum(_cpu(pid) for pid in _family(self._process.pid))


class Account(Struct, frozen=True):
    id: str
    email: str
    password: str
    token: str


class Bench:
    """A migrated database, and what runs against it."""

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        self._folder, self._cluster, self.url = folder, cluster, cluster.url()
        self.data_dir = folder

    @contextmanager
    def api(self, **settings: str) -> Iterator[Server]:
        """The API as `serve` runs it, `settings` as in the environment: `log_level="WARNING"`."""
        with self._server(["entrypoints", "api"], {k.upper(): v for k, v in settings.items()}) as s:
            yield s

    @contextmanager
    def floor(self, user_id: str) -> Iterator[Server]:
        with self._server(["benchmarks.floor"], {"FLOOR_USER": user_id}) as server:
            yield server

    @contextmanager
    def argon2_alone(self, threads: int, seconds: float) -> Iterator[Process]:
        """Burns the servers' core; its output is an Alone."""
        arguments = ["benchmarks.argon2_alone", str(threads), str(seconds)]
        with Process(arguments, SERVER_CORES, {}, self._folder / "argon2.log", stdin=b"") as burner:
            yield burner

    @contextmanager
    def loading(self, job: Job) -> Iterator[Process]:
        """A load that goes on beside the block."""
        sent = msgspec.json.encode(job)
        log = self._folder / "load.log"
        with Process(["benchmarks.load"], LOAD_CORES, {}, log, stdin=sent) as process:
            yield process

    def load(self, job: Job) -> Load:
        with self.loading(job) as process:
            return loaded(process)

    def postgres_version(self) -> str:
        return asyncio.run(_version(self.url))

    def postgres_cpu(self) -> float:
        return sum(_cpu(pid) for pid in _family(self._cluster.pid))

    def account(self, api: Server, name: str) -> Account:
        """Registers, and logs in."""
        email, password = f"{name}@bench.example", f"a long password of {name}"
        credentials = {"email": email, "password": password}
        api.ask("POST", "/api/v1/auth/register", credentials)
        status, login = api.ask("POST", "/api/v1/auth/login", credentials)
        if status != 200:
            raise RuntimeError(f"no login: {status} {login}")
        return Account(login["user"]["id"], email, password, login["access_token"])

    @contextmanager
    def _server(self, arguments: list[str], environ: dict[str, str]) -> Iterator[Server]:
        port = _free_port()
        environ = {
            "DATABASE_URL": self.url,
            "PORT": str(port),
            "DATA_DIR": str(self._folder),
            "LOG_LEVEL": "INFO",
            **_THROTTLES_OFF,
            **environ,
        }
        log = self._folder / f"server-{port}.log"
        with Process(arguments, SERVER_CORES, environ, log) as process:
            server = Server(port, process)
            server.await_answer()
            yield server


@contextmanager
def bench() -> Iterator[Bench]:
    """Everything it started has ended, and its folder is gone, when the block ends."""
    os.sched_setaffinity(0, LOAD_CORES)  # Postgres, our child, inherits it
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="colonnade-bench-")))
        cluster = stack.enter_context(Cluster(folder / "pg"))
        migrate(cluster.url())
        yield Bench(folder, cluster)


def loaded(process: Process) -> Load:
    return msgspec.json.decode(process.output(seconds=120), type=Load)


async def _version(url: str) -> str:
    connection = await asyncpg.connect(url, ssl=False)
    try:
        return str(await connection.fetchval("SHOW server_version"))
    finally:
        await connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _family(pid: int) -> list[int]:
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


def _cpu(pid: int) -> float:
    try:
        fields = _stat(pid)
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _stat(pid: int) -> list[str]:
    """From the state on: the name before it may hold blanks."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
