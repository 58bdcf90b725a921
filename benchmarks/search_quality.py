"""How well search finds what people judged relevant: Cranfield, through the Postgres adapter.

Each abstract is a document of one passage. Title and body are indexed and embedded, as ingestion
does it. A measure's value is the mean nDCG@10 of the 225
questions, its floor what was decided to be the least: lexical 0.38, hybrid 0.43. No machine's bad
day changes it, so a miss is an error. `p50_ms` and `p95_ms` are of the index alone, one question
after the other; `model_p50_ms` is the embedding of a question.
"""

import asyncio
import time
from collections.abc import Sequence
from math import log2
from statistics import fmean, quantiles

import msgspec

from adapters.models.minilm import MiniLmEmbedder
from adapters.models.static import StaticEmbedder
from adapters.postgres.database import Database
from adapters.postgres.knowledge.embedding import PostgresEmbeddingSets
from adapters.postgres.knowledge.search import PostgresSearchIndex
from adapters.postgres.pool import open_pool
from adapters.system import SystemClock
from application.knowledge.ports import Embedding
from application.knowledge.views import Mode, Query
from benchmarks import cranfield
from benchmarks.cranfield import Abstract, Collection
from benchmarks.harness import Bench
from benchmarks.library import add_document, add_owner
from benchmarks.measure import Measure, Result, Skipped
from domain.knowledge.embedding import EmbeddingSet, SetState
from domain.shared.ids import ChunkId, DocumentId, UserId

NAME = "Cranfield nDCG@10"
LEAST = {Mode.LEXICAL: 0.38, Mode.HYBRID: 0.43}

type Numbers = dict[DocumentId, int]


def run(bench: Bench) -> list[Result]:
    if not cranfield.FOLDER.is_dir():
        return [Skipped(NAME, cranfield.ABSENT)]
    return asyncio.run(_measure(bench.url, cranfield.read()))


async def _measure(url: str, collection: Collection) -> list[Result]:
    minilm, static = MiniLmEmbedder(), StaticEmbedder()
    pool = await open_pool(url, 2)
    try:
        database = Database(pool)
        found = await _by(minilm, database, collection, (Mode.LEXICAL, Mode.HYBRID))
        (other,) = await _by(static, database, collection, (Mode.HYBRID,))
        return [*found, _beside(other, lexical=found[0].value)]
    finally:
        await pool.close()
        minilm.close()
        static.close()


async def _by(
    embedder: MiniLmEmbedder | StaticEmbedder,
    database: Database,
    collection: Collection,
    modes: Sequence[Mode],
) -> list[Measure]:
    owner = await add_owner(database, embedder.embedding_set)
    numbers = await _store(database, embedder, owner, collection.abstracts)
    asked, times = await _embed(embedder, collection.questions)
    model = {"model_p50_ms": _percentiles(times)["p50_ms"]}
    index = PostgresSearchIndex(database)
    return [
        _result(mode, await _ask(index, owner, collection, numbers, asked, mode), model)
        for mode in modes
    ]


def _beside(hybrid: Measure, lexical: float) -> Measure:
    """The static table has no least: its floor are the words alone."""
    return msgspec.structs.replace(
        hybrid,
        name=f"{hybrid.name}, static table",
        floor=lexical,
        rounds=[hybrid.value / lexical],
        target=None,
    )


async def _store(
    database: Database,
    embedder: MiniLmEmbedder | StaticEmbedder,
    owner: UserId,
    abstracts: list[Abstract],
) -> Numbers:
    chunks = [(await add_document(database, owner, a.title, [a.body]))[0] for a in abstracts]
    vectors = await embedder.embed([f"{one.title}\n{one.body}" for one in abstracts])
    pairs = [(ChunkId(chunk.id), vector) for chunk, vector in zip(chunks, vectors, strict=True)]
    now = SystemClock().now()
    await PostgresEmbeddingSets(database).save(
        EmbeddingSet(
            name=embedder.embedding_set,
            dimensions=embedder.dimensions,
            state=SetState.RETIRED,  # nobody else shall ask or build it
            created_at=now,
            changed_at=now,
        )
    )
    await PostgresSearchIndex(database).put_vectors(owner, embedder.embedding_set, pairs)
    return {chunk.document_id: one.number for chunk, one in zip(chunks, abstracts, strict=True)}


async def _embed(
    embedder: MiniLmEmbedder | StaticEmbedder, questions: list[str]
) -> tuple[list[Embedding], list[float]]:
    """One by one, as they are asked; and the seconds of each."""
    embeddings, times = [], []
    for question in questions:
        began = time.perf_counter()
        (vector,) = await embedder.embed([question])
        times.append(time.perf_counter() - began)
        embeddings.append(Embedding(embedder.embedding_set, vector))
    return embeddings, times


async def _ask(
    index: PostgresSearchIndex,
    owner: UserId,
    collection: Collection,
    numbers: Numbers,
    asked: list[Embedding],
    mode: Mode,
) -> dict[str, float]:
    scores, recalls, times = [], [], []
    for question, embedding, relevant in zip(
        collection.questions, asked, collection.relevant, strict=True
    ):
        began = time.perf_counter()
        findings = await index.search(owner, Query(question, mode=mode), embedding)
        times.append(time.perf_counter() - began)
        found = [numbers[hit.document_id] for hit in findings.hits]
        scores.append(ndcg(found, relevant))
        recalls.append(recall(found, relevant))
    return {"ndcg": fmean(scores), "recall@10": fmean(recalls), **_percentiles(times)}


def ndcg(found: Sequence[int], relevant: set[int]) -> float:
    ideal = sum(1 / log2(rank + 1) for rank in range(1, min(len(relevant), 10) + 1))
    gained = sum(1 / log2(rank + 1) for rank, one in enumerate(found[:10], 1) if one in relevant)
    return gained / ideal


def recall(found: Sequence[int], relevant: set[int]) -> float:
    return len(set(found[:10]) & relevant) / len(relevant)


def _result(mode: Mode, found: dict[str, float], model: dict[str, float]) -> Measure:
    value, least = found.pop("ndcg"), LEAST[mode]
    return Measure(
        name=f"{NAME}, {mode}",
        unit="nDCG@10",
        value=value,
        floor=least,
        rounds=[value / least],
        target=1.0,
        steady=True,
        details=found | model,
    )


def _percentiles(seconds: list[float]) -> dict[str, float]:
    cuts = quantiles(seconds, n=20)
    return {"p50_ms": cuts[9] * 1000, "p95_ms": cuts[18] * 1000}
