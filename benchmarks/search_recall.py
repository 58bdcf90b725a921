"""What the HNSW index finds when filters leave a part of an owner's documents: see search_speed."""

import statistics
import time

import asyncpg

from adapters.models.minilm import MiniLmEmbedder
from adapters.postgres.database import Database
from adapters.postgres.knowledge.search import EXACT, PostgresSearchIndex
from adapters.postgres.pool import open_pool
from application.knowledge.filters import Filter, InPracticeArea
from application.knowledge.ports import Embedding
from application.knowledge.views import Mode, Query
from benchmarks.cranfield import Collection
from benchmarks.measure import Measure
from domain.shared.ids import UserId

LEAST = 0.98
QUESTIONS = 100
_AREAS = {"0.1 %": "rare", "1 %": "few", "50 %": "half"}
_SPREAD = """
    UPDATE documents d SET practice_area = CASE
        WHEN place <= total / 1000.0 THEN 'rare' WHEN place <= total / 90.0 THEN 'few'
        WHEN place <= total * 0.511 THEN 'half' ELSE 'rest' END
    FROM (
        SELECT id, row_number() OVER (ORDER BY sha256) AS place, count(*) OVER () AS total
        FROM documents WHERE user_id = $1
    ) placed WHERE d.user_id = $1 AND d.id = placed.id
"""


async def measure(url: str, owner: UserId, collection: Collection) -> list[Measure]:
    connection = await asyncpg.connect(url, ssl=False)
    await connection.execute(_SPREAD, owner)
    await connection.close()
    embedder, pool = MiniLmEmbedder(), await open_pool(url, 2)
    try:
        questions = collection.questions[:QUESTIONS]
        embedded = await embedder.embed(questions)
        asked = [
            (Query(question, mode=Mode.SEMANTIC), Embedding(str(embedder.embedding_set), vector))
            for question, vector in zip(questions, embedded, strict=True)
        ]
        filters: dict[str, Filter | None] = {"100 %": None}
        filters |= {part: InPracticeArea([area]) for part, area in _AREAS.items()}
        return [
            await _part(Database(pool), owner, asked, part, tree) for part, tree in filters.items()
        ]
    finally:
        await pool.close()
        embedder.close()


async def _part(
    database: Database,
    owner: UserId,
    asked: list[tuple[Query, Embedding]],
    part: str,
    tree: Filter | None,
) -> Measure:
    index, exact = PostgresSearchIndex(database), PostgresSearchIndex(database)
    exact.exact = 2**31
    recalls, times, fallbacks, short, passages = [], [], 0, 0, 0
    for query, embedding in asked:
        filtered = Query(query.query, mode=query.mode, filters=tree)
        began = time.perf_counter()
        found = await index.search(owner, filtered, embedding)
        times.append((time.perf_counter() - began) * 1000)
        every = await exact.search(owner, filtered, embedding)
        right = {hit.chunk_id for hit in every.hits}
        recalls.append(len(right & {hit.chunk_id for hit in found.hits}) / len(right))
        fallbacks += found.plan.fallback
        short += len(found.hits) < len(every.hits)
        passages = found.plan.passages
    return Measure(
        name=f"recall@10 of 100,000 vectors, {part} of the documents",
        unit="recall",
        value=statistics.fmean(recalls),
        floor=LEAST,
        rounds=[statistics.fmean(recalls) / LEAST],
        target=1.0,
        details={
            "passages": passages,
            "by_index": float(passages > EXACT),
            "fallbacks": fallbacks,
            "short": short,
            "p50_ms": statistics.median(times),
        },
    )
