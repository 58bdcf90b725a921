"""Starts the scripted provider, and asks what it was sent."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.running import ROOT

KEY = "sk-test-5ecre7-of-the-operator"

type Json = dict[str, Any]


class ModelProvider:
    """The running provider."""

    def __init__(self, address: str) -> None:
        self.base_url = f"{address}/v1"
        self._client = httpx.Client(base_url=address, timeout=10)

    def requests(self) -> list[Json]:
        """What it was sent since `reset`, in order."""
        found: list[Json] = self._client.get("/control/requests").json()["requests"]
        return found

    def reset(self) -> None:
        self._client.post("/control/reset").raise_for_status()

    def close(self) -> None:
        self._client.close()


@contextmanager
def running() -> Iterator[ModelProvider]:
    command = [sys.executable, "-m", "tests.model_provider"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        provider = ModelProvider(f"http://127.0.0.1:{int(process.stdout.readline())}")
        try:
            yield provider
        finally:
            provider.close()
            process.terminate()
