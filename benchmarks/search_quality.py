"""How well search finds what people judged relevant: Cranfield, through the Postgres adapter.

    .venv/bin/python -m benchmarks.search_quality postgresql://…   (or DATABASE_URL; migrated)

Each of the 1,400 abstracts is a document of one passage. Words are indexed from its body (which
begins with the title), the model reads what ingestion gives it: title, newline, body. Relevant is
what the judges gave codes 1 to 4, all the same (binary gain). Queries are numbered by position.
"""

import asyncio
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from math import log2
from pathlib import Path
from statistics import fmean, quantiles
from uuid import UUID, uuid4

from sqlalchemy import Table, bindparam, delete, insert, update

from adapters.models.minilm import MiniLmEmbedder
from adapters.postgres.database import Database, Statement
from adapters.postgres.pool import open_pool
from adapters.postgres.search import PostgresSearchIndex
from adapters.postgres.tables.files import stored_files
from adapters.postgres.tables.identity import users
from adapters.postgres.tables.knowledge import chunks, document_texts, document_versions, documents
from application.knowledge.ports import Embedding
from application.knowledge.views import Mode, Query
from domain.shared.ids import ChunkId, UserId, VersionId

CRANFIELD = Path(__file__).parents[2] / "shared" / "datasets" / "cranfield"
LEAST = {Mode.LEXICAL: 0.38, Mode.HYBRID: 0.43}  # nDCG@10
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Abstract:
    number: int
    title: str
    body: str
    id: UUID  # of everything that is made of it


@dataclass(frozen=True, slots=True)
class Collection:
    abstracts: list[Abstract]
    queries: list[str]
    relevant: list[set[int]]  # by position of the query


def read(folder: Path) -> Collection:
    abstracts = []
    for number, (fields, body) in enumerate(_records(folder / "cran.all.1400"), 1):
        title = re.split(r"^\.A$", fields.split(".T\n", 1)[1], flags=re.MULTILINE)[0]
        if body:  # two have no text
            abstracts.append(Abstract(number, " ".join(title.split()), body, uuid4()))
    queries = [body for _, body in _records(folder / "cran.qry")]
    relevant: list[set[int]] = [set() for _ in queries]
    for line in (folder / "cranqrel").read_text().splitlines():
        query, number, code = map(int, line.split())
        if 1 <= code <= 4:
            relevant[query - 1].add(number)
    return Collection(abstracts, [" ".join(query.split()) for query in queries], relevant)


def ndcg(found: Sequence[int], relevant: set[int]) -> float:
    ideal = sum(1 / log2(rank + 1) for rank in range(1, min(len(relevant), 10) + 1))
    gained = sum(1 / log2(rank + 1) for rank, one in enumerate(found[:10], 1) if one in relevant)
    return gained / ideal


def recall(found: Sequence[int], relevant: set[int]) -> float:
    return len(set(found[:10]) & relevant) / len(relevant)


async def measure(url: str, folder: Path = CRANFIELD) -> dict[str, dict[str, float]]:
    """nDCG@10, recall@10 and milliseconds of each mode; and of the model, a query's."""
    collection = read(folder)
    embedder = MiniLmEmbedder()
    await embedder.warm()
    pool = await open_pool(url, 2)
    database = Database(pool)
    index = PostgresSearchIndex(database)
    try:
        async with _owner(database) as owner:
            results = {"ingestion": await _store(database, index, embedder, owner, collection)}
            embeddings, results["model"] = await _embedded(embedder, collection.queries)
            for mode in (Mode.LEXICAL, Mode.SEMANTIC, Mode.HYBRID):
                results[mode] = await _ask(index, owner, collection, embeddings, mode)
    finally:
        await pool.close()
        embedder.close()
    return results


def show(results: dict[str, dict[str, float]]) -> bool:
    """Print them, and tell whether they are good enough."""
    print(f"{'':10} {'nDCG@10':>8} {'recall@10':>10} {'p50 ms':>8} {'p95 ms':>8}")
    good = True
    for mode in (Mode.LEXICAL, Mode.SEMANTIC, Mode.HYBRID):
        one = results[mode]
        enough = one["ndcg"] >= LEAST.get(mode, 0)
        good = good and enough
        note = f"  wanted {LEAST[mode]}" if mode in LEAST else ""
        print(
            f"{mode:10} {one['ndcg']:8.3f} {one['recall']:10.3f} {one['p50']:8.1f} {one['p95']:8.1f}"
            f"{note}{'' if enough else ': MISSED'}"
        )
    print(
        f"{'model':10} {'':8} {'':10} {results['model']['p50']:8.1f} {results['model']['p95']:8.1f}"
    )
    print("ingestion " + ", ".join(f"{k} {v:.1f}/s" for k, v in results["ingestion"].items()))
    return good


def main() -> int:
    url = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("DATABASE_URL")
    if not CRANFIELD.is_dir():
        print(f"skipped: there is no Cranfield collection in {CRANFIELD}")
        return 0
    if url is None:
        print("skipped: name a database, as the argument or in DATABASE_URL")
        return 0
    return 0 if show(asyncio.run(measure(url))) else 1


@asynccontextmanager
async def _owner(database: Database) -> AsyncIterator[UserId]:
    owner = UserId(uuid4())
    row = {
        **{"id": owner, "email": f"{owner}@example.org", "timezone": "UTC", "locale": "en"},
        **{"email_verified": True, "is_active": True, "is_admin": False},
        **{"created_at": NOW, "updated_at": NOW},
    }
    await database.row(Statement(insert(users), list(row)), row)
    try:
        yield owner
    finally:
        # Files are kept as long as a version names them, so documents go first.
        for table in (documents, stored_files):
            mine = Statement(delete(table).where(table.c.user_id == bindparam("user_id")))
            await database.row(mine, {"user_id": owner}, owner)
        gone = Statement(delete(users).where(users.c.id == bindparam("id")))
        await database.row(gone, {"id": owner})


async def _store(
    database: Database,
    index: PostgresSearchIndex,
    embedder: MiniLmEmbedder,
    owner: UserId,
    collection: Collection,
) -> dict[str, float]:
    """Abstracts a second."""
    abstracts = collection.abstracts
    async with database:
        for table, rows in _rows(owner, abstracts):
            await database.each(Statement(insert(table), list(rows[0])), rows, owner)
        publish = Statement(
            update(documents)
            .where(documents.c.user_id == bindparam("user_id"))
            .values(current_version_id=documents.c.id)
        )
        await database.row(publish, {"user_id": owner}, owner)
    began = time.perf_counter()
    for one in abstracts:
        await index.put_terms(owner, VersionId(one.id))
    indexed = time.perf_counter()
    vectors = await embedder.embed([f"{one.title}\n{one.body}" for one in abstracts])
    embedded = time.perf_counter()
    pairs = [(ChunkId(one.id), vector) for one, vector in zip(abstracts, vectors, strict=True)]
    assert embedder.embedding_set is not None
    await index.put_vectors(owner, embedder.embedding_set, pairs)
    ended = time.perf_counter()
    return {
        "terms": len(abstracts) / (indexed - began),
        "model": len(abstracts) / (embedded - indexed),
        "vectors": len(abstracts) / (ended - embedded),
    }


async def _embedded(
    embedder: MiniLmEmbedder, queries: list[str]
) -> tuple[list[Embedding], dict[str, float]]:
    assert embedder.embedding_set is not None
    embeddings, times = [], []
    for query in queries:
        began = time.perf_counter()
        (vector,) = await embedder.embed([query])
        embeddings.append(Embedding(embedder.embedding_set, vector))
        times.append(time.perf_counter() - began)
    return embeddings, _percentiles(times)


async def _ask(
    index: PostgresSearchIndex,
    owner: UserId,
    collection: Collection,
    embeddings: list[Embedding],
    mode: Mode,
) -> dict[str, float]:
    numbers = {one.id: one.number for one in collection.abstracts}
    scores, recalls, times = [], [], []
    for query, embedding, relevant in zip(
        collection.queries, embeddings, collection.relevant, strict=True
    ):
        began = time.perf_counter()
        hits = await index.search(owner, Query(query, mode=mode), embedding)
        times.append(time.perf_counter() - began)
        found = [numbers[hit.document_id] for hit in hits]
        scores.append(ndcg(found, relevant))
        recalls.append(recall(found, relevant))
    return {"ndcg": fmean(scores), "recall": fmean(recalls), **_percentiles(times)}


def _percentiles(seconds: list[float]) -> dict[str, float]:
    cuts = quantiles(seconds, n=20)
    return {"p50": cuts[9] * 1000, "p95": cuts[18] * 1000}


def _records(path: Path) -> list[tuple[str, str]]:
    """What stands before and after `.W` in each record."""
    records = re.split(r"^\.I \d+\n", path.read_text(), flags=re.MULTILINE)[1:]
    halves = [record.split(".W\n", 1) for record in records]
    return [(fields, body.strip()) for fields, body in halves]


type _Row = dict[str, object]


def _rows(owner: UserId, abstracts: list[Abstract]) -> list[tuple[Table, list[_Row]]]:
    file_id = uuid4()
    mine = {"user_id": owner}
    made = {"created_at": NOW, "updated_at": NOW}
    file: _Row = {
        **{**mine, "id": file_id, "purpose": "document", "original_name": "cran.all.1400"},
        **{"storage_key": str(file_id), "media_type": "text/plain", "size": 1, "sha256": "0" * 64},
        "created_at": NOW,
    }
    heads: list[_Row] = [
        {**mine, "id": one.id, "title": one.title[:500], "sha256": one.id.hex, **made}
        for one in abstracts
    ]
    versions: list[_Row] = [
        {
            **{**mine, "id": one.id, "document_id": one.id, "file_id": file_id, "number": 1},
            **{"status": "completed", "done": 0, "total": 0, **made},
        }
        for one in abstracts
    ]
    texts: list[_Row] = [
        {
            **{**mine, "version_id": one.id, "content": one.body, "sha256": one.id.hex},
            **{"pages": [], "headings": []},
        }
        for one in abstracts
    ]
    passages: list[_Row] = [
        {
            **{**mine, "id": one.id, "document_id": one.id, "version_id": one.id, "ordinal": 0},
            **{"page": 1, "start": 0, "end": len(one.body), "content": one.body},
            "sentences": [1, 0, len(one.body)],
        }
        for one in abstracts
    ]
    return [
        *((stored_files, [file]), (documents, heads), (document_versions, versions)),
        *((document_texts, texts), (chunks, passages)),
    ]


if __name__ == "__main__":
    sys.exit(main())
