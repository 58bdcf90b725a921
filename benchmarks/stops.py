"""Stopping an answer that a model writes, a word every 10 ms: the stop is sent to one API process, another
tells the answer, a worker makes it. Milliseconds from the POST, of which `value` is the 95th percentile,
held against 300:

- to `message.stopped`, after which nobody is told any text;
- to the provider's seeing that its connection is closed. It looks when it writes, every 10 ms.

The API processes and the worker share a core; Postgres, the provider and the client share the other.
"""

import asyncio
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from msgspec import Struct

from benchmarks.harness import Account, Bench
from benchmarks.load import HOST
from benchmarks.measure import Result, held
from benchmarks.processes import LOAD_CORES, SERVER_CORES, Process, Server, free_port

STOPS = 60
PIECES = 5  # that have come when it is stopped
MODEL = "paced:1000"
MOST = 300.0

type Json = dict[str, Any]


@dataclass(frozen=True)
class System:
    """`asked` is stopped at `stopped`, another process."""

    asked: Server
    stopped: Server
    provider: Server
    ada: Account


class Stop(Struct, frozen=True):
    """Milliseconds since the POST was sent."""

    told: float
    closed: float


def run(bench: Bench) -> list[Result]:
    with _system(bench) as system:
        stops = asyncio.run(_stops(system))
    return [
        _p95("stop to the end of the text, p95", [stop.told for stop in stops]),
        _p95("stop to the provider's closed connection, p95", [stop.closed for stop in stops]),
    ]


def _p95(name: str, found: list[float]) -> Result:
    most, details = statistics.quantiles(found, n=20)[-1], {"p50": statistics.median(found)}
    return held(name, "ms", most, MOST, details | {"stops": STOPS})


@contextmanager
def _system(bench: Bench) -> Iterator[System]:
    port, log = free_port(), bench.data_dir / "provider.log"
    with Process(["tests.model_provider", str(port)], LOAD_CORES, {}, log) as process:
        provider = Server(port, process)
        provider.await_answer()
        settings = {
            "openai_api_key": "sk-bench",
            "openai_base_url": f"http://{HOST}:{port}/v1",
            "openai_model": MODEL,
            "ai_requests_per_minute": "0",
            "ai_requests_per_day": "0",
            "ai_monthly_budget_limit": "0",
        }
        environ = {name.upper(): value for name, value in settings.items()}
        environ |= {"DATABASE_URL": bench.url, "DATA_DIR": str(bench.data_dir)}
        worker_log = bench.data_dir / "worker.log"
        with (
            bench.api(SERVER_CORES, **settings) as asked,
            bench.api(SERVER_CORES, **settings) as stopped,
            Process(["entrypoints", "worker"], SERVER_CORES, environ, worker_log),
        ):
            yield System(asked, stopped, provider, bench.account(asked, "stops"))


async def _stops(system: System) -> list[Stop]:
    """The first few warm up."""
    headers = {"authorization": f"Bearer {system.ada.token}"}
    async with httpx.AsyncClient(headers=headers, timeout=60) as client:
        return [await _stop(system, client) for _ in range(STOPS + 5)][5:]


async def _stop(system: System, client: httpx.AsyncClient) -> Stop:
    answer_id = await _ask(system, client)
    stopping: asyncio.Task[None] | None = None
    began = ended = 0.0
    pieces = 0
    async with client.stream("GET", f"{_at(system.asked)}/messages/{answer_id}/events") as told:
        async for line in told.aiter_lines():
            pieces += line == "event: text.delta"
            if line == "event: message.stopped":
                ended = time.monotonic()
            if pieces == PIECES and stopping is None:
                began = time.monotonic()
                stopping = asyncio.create_task(_post_stop(system, client, answer_id))
    if stopping is None or not ended:
        raise RuntimeError(f"an answer of {pieces} pieces was not stopped")
    await stopping
    return Stop(*((at - began) * 1000 for at in (ended, await _closed(system))))


async def _ask(system: System, client: httpx.AsyncClient) -> str:
    api, body = _at(system.asked), {"title": "Words", "kind": "general"}
    conversation: Json = (await client.post(f"{api}/chat/conversations", json=body)).json()
    place = f"{api}/chat/conversations/{conversation['id']}/messages"
    asked: Json = (await client.post(place, json={"content": "Say some words."})).json()
    answer_id: str = asked["answer"]["id"]
    return answer_id


async def _post_stop(system: System, client: httpx.AsyncClient, answer_id: str) -> None:
    answer = await client.post(f"{_at(system.stopped)}/messages/{answer_id}/stop")
    answer.raise_for_status()


async def _closed(system: System) -> float:
    """When the last request's connection was: all processes share the clock."""
    async with asyncio.timeout(30):
        while True:
            _, told = await asyncio.to_thread(system.provider.ask, "GET", "/control/requests")
            closed: float | None = told["requests"][-1]["closed"]
            if closed is not None:
                return closed
            await asyncio.sleep(0.05)


def _at(server: Server) -> str:
    return f"http://{HOST}:{server.port}/api/v1"
