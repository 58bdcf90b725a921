"""The start, as `make run` does it the second time: `python -m benchmarks start`.

- `second start`: seconds from `python -m entrypoints serve`, on a data folder that is migrated
  already, to the first 200 of `/api/v1/health/ready`, which asks the database; against the 3 that it
  may take. `imports_s` is what importing the four big libraries takes, which no start can do without.
  It has every core, unlike what the other benchmarks measure: a user's start has them too.
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from benchmarks.harness import Bench
from benchmarks.load import HOST
from benchmarks.measure import ROUNDS, Measure, Result
from benchmarks.processes import LOAD_CORES, SERVER_CORES, Process

CORES = SERVER_CORES | LOAD_CORES
LIMIT, PATIENCE = 3.0, 60.0  # seconds
_IMPORTS = "import litestar, granian, asyncpg, sqlalchemy"


def run(_: Bench) -> list[Result]:
    starts, imports = [], []
    with tempfile.TemporaryDirectory(prefix="colonnade-start-") as folder:
        first = _start(Path(folder))  # creates the database, and compiles what was not yet
        _imports()
        for _round in range(ROUNDS):
            imports.append(_imports())
            starts.append(_start(Path(folder)))
    return [
        Measure(
            name="second start",
            unit="s",
            value=statistics.median(starts),
            floor=LIMIT,
            rounds=[start / LIMIT for start in starts],
            target=1.0,
            at_most=True,
            details={
                "first_start_s": first,
                "fastest_s": min(starts),
                "imports_s": statistics.median(imports),
            },
        )
    ]


def _start(data: Path) -> float:
    port = _free_port()
    environ = {"DATA_DIR": str(data), "PORT": str(port)}
    began = time.monotonic()
    with Process(["entrypoints", "serve"], CORES, environ, data / "serve.log") as process:
        while not _ready(port):
            if process.ended() or time.monotonic() - began > PATIENCE:
                raise RuntimeError(f"it did not start:\n{process.tail()}")
            time.sleep(0.005)
        return time.monotonic() - began


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _ready(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/api/v1/health/ready")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _imports() -> float:
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-c", _IMPORTS],
        check=True,
        env={"PATH": os.defpath},
        preexec_fn=lambda: os.sched_setaffinity(0, CORES),
    )
    return time.monotonic() - began
