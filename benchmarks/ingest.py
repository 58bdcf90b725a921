"""How fast documents are read, and what that costs whoever waits for an answer meanwhile.

- `extract a PDF of 400 pages`: pages a second of the extract step's reader, with the start of its
  process, its limits, headings and running heads, against pdfium that is asked for the text of the
  same pages and nothing else, as nice, in a process that is warm: at least 0.7. `with_start` is the
  ratio to that process when its start counts as ours does.
- `ingest it without a model`: pages a second from the first step to the last on Postgres, against
  the 60 that were decided to be the least.
- `embed its passages`: passages a second of the embed step, which keeps them on Postgres, against
  the model's own, which is given all of them at once: at least 0.8.
- `GET /users/me while a document is ingested`: the p99 in ms of an even load, against the same
  without: at most 3. API and worker share one core, the worker at nice 10, as `serve` runs it.
"""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import UUID

from msgspec import structs

from adapters.extraction.extractor import ChildExtractor
from adapters.models.minilm import MiniLmEmbedder
from application.knowledge.ports import Models
from benchmarks.documents import (
    EMBED,
    PUBLISH,
    WITHOUT_MODEL,
    awaited,
    contract,
    follow,
    passages_of,
    status,
    upload,
    world,
)
from benchmarks.harness import Account, Bench
from benchmarks.load import Call, Job, Load
from benchmarks.measure import Measure, Result
from benchmarks.processes import SERVER_CORES, Process, Server
from domain.files.file import PDF
from domain.knowledge.document import Status
from domain.shared.ids import DocumentId, UserId
from entrypoints.container import production
from entrypoints.settings import EmbeddingModel, Settings

_BARE = """
import os, sys, time, pypdfium2
os.nice(10)
data = sys.stdin.buffer.read()
for _ in range(int(sys.argv[1])):
    began = time.perf_counter()
    for page in pypdfium2.PdfDocument(data):
        page.get_textpage().get_text_range()
print(time.perf_counter() - began)
"""
PAGES, SHORT = 400, 120
ROUNDS, SECONDS, RATE = 3, 6.0, 100.0
LEAST = 60.0  # pages a second


def run(bench: Bench) -> list[Result]:
    settings = Settings(database_url=bench.url, data_dir=bench.data_dir)
    return [
        asyncio.run(_extraction(bench.data_dir)),
        asyncio.run(_ingestion(settings)),
        asyncio.run(_embedding(settings)),
        _beside(bench, settings),
    ]


async def _extraction(folder: Path) -> Measure:
    path, extractor = folder / "contract.pdf", ChildExtractor()
    path.write_bytes(contract(PAGES))
    ours, floor, with_start = [], [], []
    for _ in range(ROUNDS):
        floor.append(PAGES / _pdfium(path, rounds=2))
        ours.append(PAGES / await awaited(lambda: extractor.extract(path, PDF)))
        with_start.append(PAGES / _timed(lambda: _pdfium(path, rounds=1)))
    return Measure(
        name=f"extract a PDF of {PAGES} pages",
        unit="pages/s",
        value=statistics.median(ours),
        floor=statistics.median(floor),
        rounds=[a / b for a, b in zip(ours, floor, strict=True)],
        target=0.7,
        details={"with_start": statistics.median(ours) / statistics.median(with_start)},
    )


def _pdfium(path: Path, rounds: int) -> float:
    """Seconds that the last of some rounds through the document took."""
    run = [sys.executable, "-I", "-c", _BARE, str(rounds)]
    return float(subprocess.run(run, stdin=path.open(), check=True, stdout=subprocess.PIPE).stdout)


async def _ingestion(settings: Settings) -> Measure:
    async with world(structs.replace(settings, embeddings=EmbeddingModel.NONE)) as (
        container,
        owner,
    ):
        rates = []
        for number in range(ROUNDS):
            document = await upload(container, owner, contract(PAGES, number))
            steps = (*WITHOUT_MODEL, EMBED, PUBLISH)
            seconds = [await follow(container, owner, document, *step) for step in steps]
            assert await status(container, owner, document) is Status.COMPLETED
            rates.append(PAGES / sum(seconds))
    parts = zip(("extract", "chunk", "index"), seconds, strict=False)
    return Measure(
        name="ingest it without a model",
        unit="pages/s",
        value=statistics.median(rates),
        floor=LEAST,
        rounds=[rate / LEAST for rate in rates],
        target=1.0,
        details={f"{name}_s": taken for name, taken in parts},
    )


async def _embedding(settings: Settings) -> Measure:
    model = MiniLmEmbedder()
    await model.warm()
    async with world(settings) as (container, owner):
        wanted = (await container.get(Models)).wanted
        assert wanted is not None
        await wanted.embed(["warm"])
        ours, floor = [], []
        for number in range(ROUNDS):
            document = await upload(container, owner, contract(SHORT // 4, number))
            for step in WITHOUT_MODEL:
                await follow(container, owner, document, *step)
            passages = await passages_of(container, owner, document)
            floor.append(len(passages) / await awaited(partial(model.embed, passages)))
            ours.append(len(passages) / await follow(container, owner, document, *EMBED))
    model.close()
    return Measure(
        name="embed its passages",
        unit="passages/s",
        value=statistics.median(ours),
        floor=statistics.median(floor),
        rounds=[a / b for a, b in zip(ours, floor, strict=True)],
        target=0.8,
    )


def _beside(bench: Bench, settings: Settings) -> Measure:
    environ = {
        "DATABASE_URL": bench.url,
        "DATA_DIR": str(bench.data_dir),
        "EXTRACTION_TIMEOUT_SECONDS": "300",
    }
    log = bench.data_dir / "worker.log"
    idle, busy = [], []
    with bench.api() as api, Process(["entrypoints", "worker"], SERVER_CORES, environ, log):
        account = bench.account(api, "reader")
        _load(bench, api, account)
        for number in range(ROUNDS):
            idle.append(_load(bench, api, account))
            document = asyncio.run(_sent(settings, account, contract(SHORT, 100 + number)))
            _await(api, account, document, {"processing"})
            busy.append(_load(bench, api, account))
            if _processing(api, account, document) == "completed":
                raise RuntimeError("the document was ingested before the load was over")
            _await(api, account, document, {"completed"})
    return Measure(
        name="GET /api/v1/users/me while a document is ingested",
        unit="ms, p99",
        value=statistics.median(load.p99 for load in busy),
        floor=statistics.median(load.p99 for load in idle),
        rounds=[a.p99 / b.p99 for a, b in zip(busy, idle, strict=True)],
        target=3.0,
        at_most=True,
        details={
            "p50_ms": statistics.median(load.p50 for load in busy),
            "idle_p50_ms": statistics.median(load.p50 for load in idle),
            "slowest_ms": max(load.slowest for load in busy),
        },
    )


def _load(bench: Bench, api: Server, account: Account) -> Load:
    call = Call("GET", "/api/v1/users/me", account.token)
    load = bench.load(Job(api.port, [call], connections=8, seconds=SECONDS, rate=RATE))
    if set(load.statuses) != {200}:
        raise RuntimeError(f"/users/me answered {load.statuses}")
    return load


def _processing(api: Server, account: Account, document: DocumentId) -> str:
    status, answer = api.ask("GET", f"/api/v1/documents/{document}/status", token=account.token)
    if status != 200 or answer["processing_status"] == "failed":
        raise RuntimeError(f"{status}: {answer}")
    return str(answer["processing_status"])


def _await(api: Server, account: Account, document: DocumentId, wanted: set[str]) -> None:
    end = time.monotonic() + 300
    while _processing(api, account, document) not in wanted:
        if time.monotonic() > end:
            raise RuntimeError(f"{document} is not {wanted}")
        time.sleep(0.2)


async def _sent(settings: Settings, account: Account, data: bytes) -> DocumentId:
    container = production(settings)
    try:
        return await upload(container, UserId(UUID(account.id)), data)
    finally:
        await container.close()


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
