"""What the benchmarks stand on: a database, servers and loads as processes, on cores of their own.

CONDITIONS are the same for a floor and for what is held against it.
"""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import asyncpg
import msgspec
from msgspec import Struct

from benchmarks.load import Job, Load
from benchmarks.processes import (
    LOAD_CORES,
    SERVER_CORES,
    Process,
    Server,
    cpu_seconds,
    family,
    free_port,
)
from entrypoints.database import migrate
from entrypoints.embedded_postgres import Cluster

CONDITIONS = (
    "Servers (the API, the floor, argon2 alone) share the first core of this process, unless they are "
    "said to have all; loads, and Postgres with them, have the others: the server is what limits, "
    "Postgres costs both sides alike.",
    "Postgres is a throw-away cluster with its durable defaults (fsync, synchronous_commit), so a "
    "login waits for its commit as in production; it is reached by a unix socket.",
    "Everything else is loopback; the API is the real process with default settings and its request "
    "log on, in a file; its limits of how often one may ask are off.",
    "Rounds are interleaved and a ratio is made within a round, so what disturbs the machine for "
    "longer disturbs both; the result is the median of the rounds' ratios.",
)
_THROTTLES_OFF = {
    "LOGIN_FAILURES_PER_ADDRESS_PER_MINUTE": "0",
    "REGISTRATIONS_PER_ADDRESS_PER_MINUTE": "0",
    "SEARCHES_PER_MINUTE": "0",
    "UPLOADS_PER_HOUR": "0",
}


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
    def api(self, cores: set[int] = SERVER_CORES, **settings: str) -> Iterator[Server]:
        """The API as `serve` runs it, `settings` as in the environment: `log_level="WARNING"`."""
        environ = {name.upper(): value for name, value in settings.items()}
        with self._server(["entrypoints", "api"], environ, cores) as server:
            yield server

    @contextmanager
    def floor(self, user_id: str) -> Iterator[Server]:
        with self._server(["benchmarks.floor"], {"FLOOR_USER": user_id}) as server:
            yield server

    @contextmanager
    def argon2_alone(
        self, threads: int, seconds: float, cores: set[int] = SERVER_CORES
    ) -> Iterator[Process]:
        """Burns the servers' core, or `cores`; its output is an Alone."""
        arguments = ["benchmarks.argon2_alone", str(threads), str(seconds)]
        log = self._folder / "argon2.log"
        with Process(arguments, cores, {}, log, stdin=b"") as burner:
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

    def pin_postgres(self, cores: set[int]) -> None:
        """Its processes, and all that it forks from now on."""
        for pid in family(self._cluster.pid):
            with suppress(ProcessLookupError):  # a backend that has just ended
                os.sched_setaffinity(pid, cores)

    def postgres_cpu(self) -> float:
        return sum(cpu_seconds(pid) for pid in family(self._cluster.pid))

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
    def _server(
        self, arguments: list[str], environ: dict[str, str], cores: set[int] = SERVER_CORES
    ) -> Iterator[Server]:
        port = free_port()
        environ = {
            "DATABASE_URL": self.url,
            "PORT": str(port),
            "DATA_DIR": str(self._folder),
            "LOG_LEVEL": "INFO",
            **_THROTTLES_OFF,
            **environ,
        }
        log = self._folder / f"server-{port}.log"
        with Process(arguments, cores, environ, log) as process:
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
