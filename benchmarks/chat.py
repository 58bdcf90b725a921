"""Questions and answers, from the POST to the socket.

- The first `text.delta` of an answer that quotes, over 10,000 passages: milliseconds from the POST, of
  which `value` is the median, held against 150.
- 50 answers at once that a model writes, a word every 10 ms: the seconds of CPU that worker and API take
  from the questions to the clients' sockets, beside those of OpenAI's client that reads the same streams
  and does nothing with them. Postgres is told beside.
- From the provider's word to the client's socket, with 50 streams of a word every 30 ms, as models
  write: the 95th percentile in milliseconds, held against 120. Each word says when it was written.
- 500 clients that watch an answer on one process: what it has resident more than before, in MiB, held
  against 60.

The streams of a round begin at once, after a round that is not measured, and are somebody's who has
asked nothing before. The API and the worker share a core; Postgres, the provider and the clients share the other.
"""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec

from benchmarks import cranfield
from benchmarks.harness import Account, Bench
from benchmarks.load import HOST
from benchmarks.measure import ROUNDS, Measure, Result, Skipped, held
from benchmarks.passages import load, passages
from benchmarks.processes import (
    LOAD_CORES,
    SERVER_CORES,
    Process,
    Server,
    cpu_seconds,
    free_port,
)
from benchmarks.stream_reader import Took
from domain.shared.ids import UserId

QUESTIONS = 40
STREAMS, WORDS, STAMPS = 50, 200, 70
CLIENTS = 500
MODEL, STAMPED = f"paced:{WORDS}", f"stamped:{STAMPS}"
SIZE = 10_000  # passages

type Json = dict[str, Any]


@dataclass(frozen=True)
class System:
    api: Server
    worker: Process
    ada: Account
    provider: str


def run(bench: Bench) -> list[Result]:
    if not cranfield.FOLDER.is_dir():
        return [Skipped("questions and answers", cranfield.ABSENT)]
    with _system(bench) as system:
        first = asyncio.run(_first_deltas(system))
        asyncio.run(_streams(bench, system, STAMPED))  # what is done once is done
        late = [_late(bench, system) for _ in range(ROUNDS)]
        written = [_written(bench, system) for _ in range(ROUNDS)]
        memory = asyncio.run(_watchers(system))
    return [
        held("first piece of a quoted answer", "ms", statistics.median(first), 150.0),
        _middle(written),
        _middle(late),
        held(f"{CLIENTS} clients that watch", "MiB", memory, 60.0),
    ]


def _late(bench: Bench, system: System) -> Measure:
    late = asyncio.run(_streams(bench, system, STAMPED))
    return held("provider to socket, p95", "ms", statistics.quantiles(late, n=20)[-1], 120.0)


def _written(bench: Bench, system: System) -> Measure:
    def spent() -> tuple[float, float, float]:
        return cpu_seconds(system.worker.pid), system.api.cpu(), bench.postgres_cpu()

    before = spent()
    asyncio.run(_streams(bench, system, MODEL))
    worker, api, postgres = (after - then for after, then in zip(spent(), before, strict=True))
    alone = _alone(bench, system.provider)
    return Measure(
        name=f"{STREAMS} answers that a model writes",
        unit="s CPU",
        value=worker + api,
        floor=alone,
        rounds=[(worker + api) / alone],
        target=2.0,
        at_most=True,
        details={"worker": worker, "api": api, "postgres": postgres},
    )


def _middle(measures: list[Measure]) -> Measure:
    ordered = sorted(measures, key=lambda one: one.ratio)
    rounds = [one.ratio for one in measures]
    return msgspec.structs.replace(ordered[len(ordered) // 2], rounds=rounds)


@contextmanager
def _system(bench: Bench) -> Iterator[System]:
    port, log = free_port(), bench.data_dir / "provider.log"
    with Process(["tests.model_provider", str(port)], LOAD_CORES, {}, log) as provider:
        Server(port, provider).await_answer()
        url = f"http://{HOST}:{port}/v1"
        settings = {
            "openai_api_key": "sk-bench",
            "openai_base_url": url,
            "openai_model": MODEL,
            "ai_models": f"silent,{STAMPED}",
            "ai_requests_per_minute": "0",
            "ai_requests_per_day": "0",
            "ai_monthly_budget_limit": "0",
        }
        environ = {name.upper(): value for name, value in settings.items()}
        environ |= {"DATABASE_URL": bench.url, "DATA_DIR": str(bench.data_dir)}
        worker_log = bench.data_dir / "worker.log"
        with (
            bench.api(SERVER_CORES, **settings) as api,
            Process(["entrypoints", "worker"], SERVER_CORES, environ, worker_log) as worker,
        ):
            ada = bench.account(api, "chat")
            source = asyncio.run(passages(cranfield.read()))
            asyncio.run(load(bench.url, {UserId(UUID(ada.id)): SIZE}, source))
            yield System(api, worker, ada, url)


async def _first_deltas(system: System) -> list[float]:
    """Milliseconds; the first few warm up."""
    found = []
    async with _client(system, system.ada) as client:
        for content in cranfield.read().questions[:QUESTIONS]:
            began = time.perf_counter()
            async with _asked(client, content=content, model="extractive") as events:
                async for event in events:
                    if event["event"] == "text.delta":
                        found.append((time.perf_counter() - began) * 1000)
    return found[5:]


async def _streams(bench: Bench, system: System, model: str) -> list[float]:
    """Milliseconds that the words took, of a model that says when it wrote them."""
    late: list[float] = []
    somebody = bench.account(system.api, uuid4().hex)

    async def read(client: httpx.AsyncClient) -> None:
        async with _asked(client, content="Say some words.", kind="general", model=model) as events:
            async for event in events:
                if event["event"] == "text.delta":
                    now = time.monotonic()
                    words = event["data"]["text"].split() if model == STAMPED else []
                    late.extend((now - float(word)) * 1000 for word in words)
                elif event["event"] == "message.failed":
                    raise RuntimeError(f"an answer failed: {event['data']['error']}")

    async with _client(system, somebody) as client:
        await asyncio.gather(*(read(client) for _ in range(STREAMS)))
    if model == STAMPED and len(late) != STREAMS * STAMPS:
        raise RuntimeError(f"of {STREAMS * STAMPS} words {len(late)} came")
    return late


async def _watchers(system: System) -> float:
    """MiB for CLIENTS that watch an answer which does not come."""
    api, token = system.api, system.ada.token
    body = {"title": "Nothing", "kind": "general"}
    _, made = api.ask("POST", "/api/v1/chat/conversations", body, token)
    place = f"/api/v1/chat/conversations/{made['id']}/messages"
    _, asked = api.ask("POST", place, {"content": "Well?", "model": "silent"}, token)
    path = f"/api/v1/messages/{asked['answer']['id']}/events"
    before = api.resident_mib()
    sockets = []
    for _ in range(CLIENTS):
        reader, writer = await asyncio.open_connection(HOST, api.port)
        head = f"GET {path} HTTP/1.1\r\nhost: {HOST}\r\nauthorization: Bearer {token}\r\n\r\n"
        writer.write(head.encode())
        await reader.readuntil(b"message.created")
        sockets.append(writer)
    grown = api.resident_mib() - before
    for writer in sockets:
        writer.close()
    return grown


def _alone(bench: Bench, url: str) -> float:
    arguments = ["benchmarks.stream_reader", "client", url, str(STREAMS), MODEL]
    log = bench.data_dir / "reader.log"
    with Process(arguments, SERVER_CORES, {}, log, stdin=b"") as reader:
        return msgspec.json.decode(reader.output(seconds=120), type=Took).cpu


def _client(system: System, account: Account) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=f"http://{HOST}:{system.api.port}/api/v1",
        headers={
            "authorization": f"Bearer {account.token}",
            "accept": "text/event-stream",
        },
        limits=httpx.Limits(max_connections=STREAMS),
        timeout=60,
    )


@asynccontextmanager
async def _asked(client: httpx.AsyncClient, **question: str) -> AsyncIterator[AsyncIterator[Json]]:
    async with client.stream("POST", "/chat/chat", json=question) as answer:
        answer.raise_for_status()
        yield _events(answer)


async def _events(answer: httpx.Response) -> AsyncIterator[Json]:
    event: Json = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if name == "data":
            yield event | {"data": msgspec.json.decode(value)}
        elif name:
            event[name] = value
