"""What the documentation shows goes on where its connection broke."""

import socket
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import which
from threading import Thread
from typing import Any

import msgspec
import pytest

from tests.e2e.conversations.conftest import Deployment
from tests.e2e.conversations.test_pages import block, run


class Cutting(socketserver.ThreadingTCPServer):
    """Passes on what is sent to `port` and answered, but breaks off one answer before each of
    `places`."""

    daemon_threads = True

    def __init__(self, port: int, *places: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Passing)
        self.port, self.places = port, list(places)


class Passing(socketserver.BaseRequestHandler):
    server: Cutting

    def handle(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.port)) as there:
            Thread(target=_pass_on, args=(self.request, there), daemon=True).start()
            while data := there.recv(65536):
                if self.server.places and self.server.places[0] in data:
                    self.request.sendall(data.partition(self.server.places.pop(0))[0])
                    return
                self.request.sendall(data)


def _pass_on(client: socket.socket, there: socket.socket) -> None:
    with suppress(OSError):  # the other side is gone
        while data := client.recv(65536):
            there.sendall(data)


@contextmanager
def cutting(port: int, *places: bytes) -> Iterator[Cutting]:
    with Cutting(port, *places) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.skipif(which("node") is None, reason="needs node")
def test_a_browsers_fetch_goes_on_wherever_it_broke(deployment: Deployment, tmp_path: Path) -> None:
    script = tmp_path / "page.mjs"
    places = (b"HTTP/1.1", b"message.created", b"word 5 ", b"HTTP/1.1")
    with cutting(deployment.b.port, *places) as proxy:
        api = f"http://127.0.0.1:{proxy.server_address[1]}/api/v1"
        script.write_text(
            block("javascript").replace("{ content }", '{ content, model: "paced:40" }')
            + f"""
const pieces = [];
const message = await answer({api!r}, process.env.token, "?", (text) => pieces.push(text));
console.log(JSON.stringify({{ pieces, message }}));
"""
        )
        told = run(["node", str(script)], deployment, deployment.reader())
    shown: dict[str, Any] = msgspec.json.decode(told)
    assert not proxy.places
    assert shown["message"]["status"] == "complete"
    assert "".join(shown["pieces"]) == shown["message"]["content"]
    assert shown["message"]["content"].endswith("word 39 ")
