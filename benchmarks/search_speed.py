"""How long a search takes: `POST /search`, hybrid, one after the other; API, model and Postgres
together on one core.

- `N passages of one owner`: the p95 in ms, against what was decided to be the most: 50 at 10,000
  passages, 250 at 100,000. These are no ratios to this machine: read them with its CPU in mind.
- `1,000 passages among 200,000`: the p95 of an owner of a thousand passages while others have the
  rest, against the same owner alone in the database: at most 1.5.

The passages are about 1,000 characters long, made of sentences of Cranfield abstracts, and the
questions are Cranfield's own 225: long ones, about a subject that all passages share, so that a
word has many more matches than in a library of many subjects. A passage's vector lies between
those of the titles of the abstracts it was made of.
"""

import asyncio
import itertools
import random
import statistics
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import batched
from uuid import UUID

import asyncpg
import msgspec
import numpy as np

from adapters.models.minilm import MiniLmEmbedder
from adapters.postgres.database import Database
from adapters.postgres.knowledge.search import PostgresSearchIndex
from adapters.postgres.knowledge.vector_index import index_name
from adapters.postgres.pool import open_pool
from application.knowledge.ports import Vector
from benchmarks import cranfield
from benchmarks.cranfield import Collection
from benchmarks.harness import Account, Bench
from benchmarks.library import add_document, add_owner
from benchmarks.load import Call, Job, Load
from benchmarks.measure import Measure, Result, Skipped
from benchmarks.processes import CORES, SERVER_CORES, Server
from domain.knowledge.chunk import sentences
from domain.shared.ids import UserId
from domain.shared.span import Span

LIMITS = {10_000: 50.0, 100_000: 250.0}  # passages of one owner: p95 in ms
SMALL, ALL = 1_000, 200_000
CROWDED = 1.5
ROUNDS, SECONDS = 5, 8.0
PER_DOCUMENT = 50  # passages
LENGTH = 1_000  # code points of a passage
_INDEX = index_name(MiniLmEmbedder.embedding_set)

type Passage = tuple[str, Vector]


def run(bench: Bench) -> list[Result]:
    if not cranfield.FOLDER.is_dir():
        return [Skipped("POST /api/v1/search", cranfield.ABSENT)]
    collection = cranfield.read()
    passages = asyncio.run(_passages(collection))
    with bench.api(access_token_expire_minutes="600") as api:  # loading takes its time
        accounts = {size: bench.account(api, f"owner-of-{size}") for size in (SMALL, *LIMITS)}
        others = ALL - sum(accounts)
        bench.pin_postgres(set(CORES))
        asyncio.run(_load(bench.url, {SMALL: accounts[SMALL].id}, passages))
        bench.pin_postgres(SERVER_CORES)
        alone = _measure(bench, api, accounts[SMALL], collection)
        bench.pin_postgres(set(CORES))
        more: dict[int, str | None] = {size: accounts[size].id for size in LIMITS}
        asyncio.run(_load(bench.url, more | {others: None}, passages))
        bench.pin_postgres(SERVER_CORES)
        found = {size: _measure(bench, api, accounts[size], collection) for size in accounts}
    return [
        *(_within(size, found[size], limit) for size, limit in LIMITS.items()),
        _crowded(alone, found[SMALL]),
    ]


async def _passages(collection: Collection) -> Iterator[Passage]:
    """Without end."""
    embedder = MiniLmEmbedder()
    texts = [one.body for one in collection.abstracts]
    vectors = np.array(await embedder.embed([one.title for one in collection.abstracts]))
    embedder.close()
    return _mixed(texts, vectors)


def _mixed(
    texts: list[str], vectors: "np.ndarray[tuple[int, int], np.dtype[np.float64]]"
) -> Iterator[Passage]:
    source, noise = random.Random(1), np.random.default_rng(1)
    parts = [[span.of(text) for span in sentences(text, Span(0, len(text)))] for text in texts]
    for number in itertools.count(1):
        two = source.sample(range(len(texts)), 2)
        pool = parts[two[0]] + parts[two[1]]
        passage = f"{number}."
        while len(passage) < LENGTH:
            passage += " " + source.choice(pool)
        vector = vectors[two].sum(axis=0) + noise.normal(0, 0.02, vectors.shape[1])
        yield passage[: LENGTH + 200], (vector / np.linalg.norm(vector)).tolist()


async def _load(url: str, owners: dict[int, str | None], passages: Iterator[Passage]) -> None:
    """So many passages for each; None is somebody who only fills the database."""
    pool = await open_pool(url, len(CORES))
    try:
        async with _index_built_afterwards(url):
            for size, account in owners.items():
                database = Database(pool)
                owner = UserId(UUID(account)) if account else await add_owner(database, "crowd")
                documents = batched(itertools.islice(passages, size), PER_DOCUMENT)
                work = [_add(Database(pool), owner, documents) for _ in CORES]
                await asyncio.gather(*work)
    finally:
        await pool.close()


async def _add(database: Database, owner: UserId, documents: Iterator[tuple[Passage, ...]]) -> None:
    index = PostgresSearchIndex(database)
    for document in documents:
        chunks = await add_document(database, owner, "A report", [text for text, _ in document])
        vectors = [(c.id, vector) for c, (_, vector) in zip(chunks, document, strict=True)]
        await index.put_vectors(owner, MiniLmEmbedder.embedding_set, vectors)


@asynccontextmanager
async def _index_built_afterwards(url: str) -> AsyncIterator[None]:
    """Thrice as fast as keeping it up."""
    connection = await asyncpg.connect(url, ssl=False)
    try:
        query = "SELECT indexdef FROM pg_indexes WHERE indexname = $1"
        definition = await connection.fetchval(query, _INDEX)
        await connection.execute(f"DROP INDEX {_INDEX}")
        yield
        await connection.execute("SET maintenance_work_mem = '512MB'")
        await connection.execute(definition, timeout=1800)
        await connection.execute("VACUUM ANALYZE", timeout=600)
    finally:
        await connection.close()


def _measure(bench: Bench, api: Server, account: Account, collection: Collection) -> list[Load]:
    calls = [_search(account, question) for question in collection.questions]
    _round(bench, api, calls)  # opens connections, prepares statements, reads the pages once
    share = len(calls) // ROUNDS
    return [
        _round(bench, api, calls[share * number :] + calls[: share * number])
        for number in range(ROUNDS)
    ]


def _round(bench: Bench, api: Server, calls: list[Call]) -> Load:
    load = bench.load(Job(api.port, calls, connections=1, seconds=SECONDS))
    if set(load.statuses) != {200}:
        raise RuntimeError(f"searches were answered {load.statuses}")
    return load


def _search(account: Account, question: str) -> Call:
    body = msgspec.json.encode({"query": question}).decode()
    return Call("POST", "/api/v1/search", account.token, body)


def _within(size: int, loads: list[Load], limit: float) -> Measure:
    return Measure(
        name=f"POST /api/v1/search, {size:,} passages of one owner",
        unit="ms, p95",
        value=statistics.median(load.p95 for load in loads),
        floor=limit,
        rounds=[load.p95 / limit for load in loads],
        target=1.0,
        at_most=True,
        details=_details(loads),
    )


def _crowded(alone: list[Load], crowded: list[Load]) -> Measure:
    return Measure(
        name=f"POST /api/v1/search, {SMALL:,} passages among {ALL:,}",
        unit="ms, p95",
        value=statistics.median(load.p95 for load in crowded),
        floor=statistics.median(load.p95 for load in alone),
        rounds=[b.p95 / a.p95 for a, b in zip(alone, crowded, strict=True)],
        target=CROWDED,
        at_most=True,
        details=_details(crowded) | {"alone_p50_ms": statistics.median(a.p50 for a in alone)},
    )


def _details(loads: list[Load]) -> dict[str, float]:
    return {
        "p50_ms": statistics.median(load.p50 for load in loads),
        "slowest_ms": max(load.slowest for load in loads),
        "searches": sum(load.answered for load in loads),
    }
