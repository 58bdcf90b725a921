"""How long a search takes: `POST /search`, hybrid, one after the other; API, model and Postgres
together on one core.

- `N passages of one owner`: the p95 in ms, against what was decided to be the most: 50 at 10,000
  passages, 250 at 100,000. These are no ratios to this machine: read them with its CPU in mind.
  `cpu_ms` is what a search takes of the core, `postgres_ms` Postgres' part of it.
- `1,000 passages among N`: the p95 of an owner of a thousand passages while others have the rest,
  against the same owner alone in the database: at most 1.5.
- `growth`: the CPU time of a search, ten times the passages against one: at most ten times.
- `recall@10`: what the index finds of an owner's 100,000 vectors, against comparing all of them, when
  a filter leaves 0.1 %, 1 %, half or all of the documents: at least 0.98. `short` counts the searches
  that gave fewer passages than there were.

The questions are Cranfield's own 225: long ones, about the one subject that all passages share. The
database has 20,000 passages, then 200,000; `search_million` does the same with a million.
`benchmarks/search.svg` shows time against size.
"""

import asyncio
import statistics
from collections.abc import Iterator
from uuid import UUID

import msgspec

from adapters.postgres.database import Database
from adapters.postgres.pool import open_pool
from benchmarks import cranfield, search_plot, search_recall
from benchmarks.cranfield import Collection
from benchmarks.harness import Account, Bench
from benchmarks.library import add_owner
from benchmarks.load import Call, Job, Load
from benchmarks.measure import Measure, Result, Skipped
from benchmarks.passages import Passage, load, passages
from benchmarks.processes import CORES, SERVER_CORES, Server
from domain.shared.ids import UserId

LIMITS = {10_000: 50.0, 100_000: 250.0}  # passages of one owner: p95 in ms
SMALL, MEDIUM, LARGE = 1_000, 10_000, 100_000
STAGES = (20_000, 200_000)  # passages of the database
MILLION = (20_000, 200_000, 1_000_000)
CROWDED = 1.5
ROUNDS, SECONDS = 5, 5.0


class Searched(msgspec.Struct, frozen=True):
    """The rounds of one owner's searches, and the CPU time of each search, in ms."""

    loads: list[Load]
    cpu_ms: float
    postgres_ms: float

    @property
    def p95(self) -> float:
        return statistics.median(load.p95 for load in self.loads)

    @property
    def p50(self) -> float:
        return statistics.median(load.p50 for load in self.loads)


class _Stage:
    """A database that grows, its owners, and an API beside it."""

    def __init__(self, bench: Bench, api: Server, collection: Collection) -> None:
        self._bench, self._api = bench, api
        self._calls = [msgspec.json.encode({"query": one}).decode() for one in collection.questions]
        self._source: Iterator[Passage] = asyncio.run(passages(collection))
        self._size = 0
        self.accounts: dict[int, Account] = {}

    def grow(self, total: int, sizes: list[int]) -> None:
        """To `total` passages, of which new owners have `sizes` and somebody else the rest."""
        for size in sizes:
            self.accounts[size] = self._bench.account(self._api, f"owner-of-{size}")
        owners = {UserId(UUID(self.accounts[size].id)): size for size in sizes}
        if rest := total - self._size - sum(sizes):
            owners[asyncio.run(_somebody(self._bench.url, f"crowd-{total}"))] = rest
        self._bench.pin_postgres(set(CORES))
        asyncio.run(load(self._bench.url, owners, self._source))
        self._bench.pin_postgres(SERVER_CORES)
        self._size = total

    def search(self, size: int) -> Searched:
        token = self.accounts[size].token
        calls = [Call("POST", "/api/v1/search", token, body) for body in self._calls]
        self._round(calls)  # opens connections, prepares statements, reads the pages once
        share = len(calls) // ROUNDS
        api, postgres = self._api.cpu(), self._bench.postgres_cpu()
        loads = [self._round(calls[share * n :] + calls[: share * n]) for n in range(ROUNDS)]
        sent = sum(one.sent for one in loads)
        of_postgres = self._bench.postgres_cpu() - postgres
        of_all = self._api.cpu() - api + of_postgres
        return Searched(loads, of_all / sent * 1000, of_postgres / sent * 1000)

    def _round(self, calls: list[Call]) -> Load:
        found = self._bench.load(Job(self._api.port, calls, connections=1, seconds=SECONDS))
        if set(found.statuses) != {200}:
            raise RuntimeError(f"searches were answered {found.statuses}")
        return found


def run(bench: Bench, stages: tuple[int, ...] = STAGES) -> list[Result]:
    if not cranfield.FOLDER.is_dir():
        return [Skipped("POST /api/v1/search", cranfield.ABSENT)]
    collection = cranfield.read()
    with bench.api(access_token_expire_minutes="6000") as api:  # loading takes its time
        stage = _Stage(bench, api, collection)
        stage.grow(SMALL, [SMALL])
        alone = stage.search(SMALL)
        crowded = {}
        for total, new in zip(stages, ([MEDIUM], [LARGE], []), strict=False):
            stage.grow(total, new)
            crowded[total] = stage.search(SMALL)
        found = {SMALL: alone} | {size: stage.search(size) for size in LIMITS}
        owner = UserId(UUID(stage.accounts[LARGE].id))
    search_plot.draw({size: (one.p50, one.p95, one.cpu_ms) for size, one in found.items()})
    return [
        *(_within(size, found[size], limit) for size, limit in LIMITS.items()),
        *(_crowded(total, alone, one) for total, one in crowded.items()),
        _growth(found[MEDIUM], found[LARGE]),
        *asyncio.run(search_recall.measure(bench.url, owner, collection)),
    ]


def run_million(bench: Bench) -> list[Result]:
    return run(bench, MILLION)


async def _somebody(url: str, name: str) -> UserId:
    pool = await open_pool(url, 1)
    try:
        return await add_owner(Database(pool), name)
    finally:
        await pool.close()


def _within(size: int, found: Searched, limit: float) -> Measure:
    return Measure(
        name=f"POST /api/v1/search, {size:,} passages of one owner",
        unit="ms, p95",
        value=found.p95,
        floor=limit,
        rounds=[one.p95 / limit for one in found.loads],
        target=1.0,
        at_most=True,
        details=_details(found),
    )


def _crowded(total: int, alone: Searched, crowded: Searched) -> Measure:
    return Measure(
        name=f"POST /api/v1/search, {SMALL:,} passages among {total:,}",
        unit="ms, p95",
        value=crowded.p95,
        floor=alone.p95,
        rounds=[b.p95 / a.p95 for a, b in zip(alone.loads, crowded.loads, strict=True)],
        target=CROWDED,
        at_most=True,
        details=_details(crowded) | {"alone_p50_ms": alone.p50, "alone_cpu_ms": alone.cpu_ms},
    )


def _growth(ten: Searched, hundred: Searched) -> Measure:
    return Measure(
        name="CPU time of a search, 100,000 passages against 10,000",
        unit="ms",
        value=hundred.cpu_ms,
        floor=ten.cpu_ms,
        rounds=[hundred.cpu_ms / ten.cpu_ms],
        target=10.0,
        at_most=True,
    )


def _details(found: Searched) -> dict[str, float]:
    return {
        "p50_ms": found.p50,
        "cpu_ms": found.cpu_ms,
        "postgres_ms": found.postgres_ms,
        "slowest_ms": max(load.slowest for load in found.loads),
        "searches": sum(load.answered for load in found.loads),
    }
