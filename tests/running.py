"""Our own commands as real processes, for the tests that signal and kill them."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx

ROOT = Path(__file__).parents[1]
PATIENCE = 180.0  # seconds: it costs nothing where all is well
QUICKLY = 10.0  # seconds, on a machine that runs other tests too: 5 are promised


@dataclass
class Running:
    """`python -m entrypoints COMMAND ARGUMENTS`, in a process group of its own, its output in `log`."""

    command: str
    log: Path
    environ: dict[str, str]
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def output(self) -> str:
        return self.log.read_text()

    @property
    def cpu_seconds(self) -> float:
        """Of all that lives in its group."""
        fields = [stat.rpartition(")")[2].split() for stat in _stats()]  # proc_pid_stat(5)
        ticks = [int(f[11]) + int(f[12]) for f in fields if int(f[2]) == self.process.pid]
        return sum(ticks) / os.sysconf("SC_CLK_TCK")

    def start(self) -> None:
        inherited = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "entrypoints", self.command, *self.arguments],
                cwd=ROOT,
                env=inherited | self.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self, number: signal.Signals = signal.SIGTERM, *, group: bool = False) -> float:
        """Seconds from the signal, to the process or, as Ctrl-C, to its group, to its end."""
        began = time.monotonic()
        (os.killpg if group else os.kill)(self.process.pid, number)
        self.process.wait(PATIENCE)
        return time.monotonic() - began

    def kill(self) -> None:
        """kill -9, of this process only: what it has started has to find out by itself."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def end(self) -> None:
        """Whatever state it is in."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)


def _stats() -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            yield path.read_text()


def children(pid: int) -> list[int]:
    """The pids of those whom it has started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def until[T](ask: Callable[[], T], seconds: float = PATIENCE) -> T:
    """What `ask` says, once that is true."""
    end = time.monotonic() + seconds
    while not (told := ask()):
        assert time.monotonic() < end, f"still {told!r} after {seconds:g} s"
        time.sleep(0.02)
    return told


def free_port() -> int:
    """Not one of those that the system lends to connections (from 32768 on): between our look at it
    and the start of a process, a busy machine lends it to somebody."""
    return next(port for port in random.sample(range(10_000, 32_768), 1000) if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe, suppress(OSError):
        probe.bind(("127.0.0.1", port))
        return True
    return False


def is_healthy(port: int) -> bool:
    """Whether the API answers, and the database behind it."""
    with suppress(httpx.TransportError):
        answer = httpx.get(f"http://127.0.0.1:{port}/api/v1/health/db", timeout=PATIENCE)
        return answer.status_code == 200
    return False


def sql(url: str, statement: str, *arguments: object) -> list[asyncpg.Record]:
    """The statement's rows, asked as the database's owner, past row security."""

    async def ask() -> list[Any]:
        connection = await asyncpg.connect(url, ssl=False)
        try:
            return await connection.fetch(statement, *arguments)
        finally:
            await connection.close()

    return asyncio.run(ask())
