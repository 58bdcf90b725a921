"""Starts what users start: `python -m entrypoints serve`, in a folder of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.running import PATIENCE, Running, free_port, is_healthy, until


class Server(Running):
    """A running `serve` and a client."""

    def __init__(self, data: Path, port: int, **settings: str) -> None:
        environ = {"DATA_DIR": str(data), "PORT": str(port), "HASH_QUEUE_MS": "10000"}
        environ["REGISTRATIONS_PER_ADDRESS_PER_MINUTE"] = "0"
        super().__init__("serve", data / "serve.log", environ | settings)
        self.data, self.port = data, port

    def start(self) -> None:
        super().start()
        self.until_healthy()

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api/v1", timeout=PATIENCE)

    def until_healthy(self) -> None:
        def healthy() -> bool:
            assert self.process.poll() is None, self.output
            return is_healthy(self.port)

        until(healthy)

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
    with serving(tmp_path) as server:
        yield server


@contextmanager
def serving(data: Path, **settings: str) -> Iterator[Server]:
    server = Server(data, free_port(), **settings)
    try:
        server.start()
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()
