"""Starts what users start: `python -m entrypoints serve`, in a folder of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds


@dataclass
class Server:
    """A running `serve`, its log, and a client."""

    data: Path
    port: int
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def log(self) -> str:
        return (self.data / "serve.log").read_text()

    def start(self) -> None:
        environ = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        environ |= {"DATA_DIR": str(self.data), "PORT": str(self.port), "HASH_QUEUE_MS": "10000"}
        environ |= {"REGISTRATIONS_PER_ADDRESS_PER_MINUTE": "0"}
        with (self.data / "serve.log").open("ab") as log:
            command = [sys.executable, "-m", "entrypoints", "serve"]
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environ, stdout=log, stderr=log, start_new_session=True
            )
        self.until_healthy()

    def stop(self) -> float:
        """Seconds from SIGTERM to the end."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)
        return time.monotonic() - began

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api/v1", timeout=PATIENCE)

    def until_healthy(self) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/api/v1/health/db").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            assert self.process.poll() is None, self.log
            time.sleep(0.05)
        raise TimeoutError(self.log)

    def workers(self) -> list[int]:
        """The pids of the job workers."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                line = (folder / "cmdline").read_bytes().split(b"\0")
                parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            if parent == self.process.pid and b"worker" in line:
                found.append(int(folder.name))
        return found


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(tmp_path, port)
    server.start()
    yield server
    if server.process.poll() is None:
        server.stop()
