"""Starts the endpoint, and tells it what to do."""

import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from adapters.models.external import ExternalEmbedder

# Nothing here is https, and the certificates of the world take longer to load than a test runs.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
KEY = "sk-s3cret"
MODEL, DIMENSIONS = "words:1", 32
NAME = "words--1/32"


class EndpointProcess:
    """The running endpoint."""

    def __init__(self, url: str) -> None:
        self.url = url

    def will(self, *acts: str) -> None:
        """Do this, request by request, and then behave."""
        self._tell({"script": acts})

    def seen(self) -> list[dict[str, Any]]:
        """The requests since `will`."""
        seen: list[dict[str, Any]] = self._tell({})["seen"]
        return seen

    def _tell(self, told: dict[str, Any]) -> dict[str, Any]:
        answer = httpx.post(f"{self.url}/control", json=told, verify=PLAIN, timeout=30)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found


@contextmanager
def running() -> Iterator[EndpointProcess]:
    command = [sys.executable, str(Path(__file__).with_name("__main__.py"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        try:
            yield EndpointProcess(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


@asynccontextmanager
async def embedder(url: str, patience: float = 30.0) -> AsyncIterator[ExternalEmbedder]:
    """Production's adapter, which does not wait long between two tries."""
    headers = {"authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(
        base_url=f"{url}/v1", headers=headers, verify=PLAIN, timeout=patience
    ) as client:
        yield ExternalEmbedder(client, MODEL, DIMENSIONS, pause=timedelta(milliseconds=1))
