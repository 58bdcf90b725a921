"""From ranked candidates to the passages that a caller sees."""

from collections.abc import Mapping
from itertools import batched

from asyncpg import Record
from sqlalchemy import text

from adapters.postgres.database import Database, Statement
from adapters.postgres.knowledge.search_scope import Scope
from adapters.postgres.knowledge.search_words import Words
from application.knowledge.explaining import explanation
from application.knowledge.views import Explanation, Hit, Legs, Query, SentenceView
from domain.knowledge.ranking import Ranked, best_sentence
from domain.shared.ids import ChunkId, UserId

_HITS = Statement(
    text("""
    SELECT d.id AS document_id, d.title, c.version_id, t.sha256, c.id, c.ordinal, c.page, c.start,
        c."end", c.heading, c.content, c.sentences
    FROM chunks c
    JOIN documents d ON d.user_id = :user_id AND d.id = c.document_id
    JOIN document_texts t ON t.user_id = :user_id AND t.version_id = c.version_id
    WHERE c.user_id = :user_id AND c.id = ANY (CAST(:ids AS uuid[]))
        AND d.current_version_id = c.version_id AND d.deleted_at IS NULL
    """)
)


async def hits(
    database: Database,
    owner: UserId,
    query: Query,
    best: list[Ranked],
    scope: Scope,
    words: Words | None,
    distances: Mapping[ChunkId, float],
) -> list[Hit]:
    """What was deleted a moment ago is left out."""
    values = {"user_id": owner, "ids": [ranked.candidate.chunk_id for ranked in best]}
    rows = {row["id"]: row for row in await database.rows(_HITS, values, owner)}

    def explained(ranked: Ranked, row: Record) -> Explanation | None:
        if not query.explain:
            return None
        number = scope.number(row["version_id"], row["ordinal"])
        terms = words.explained(number) if words else []
        return explanation(ranked, terms, distances.get(row["id"]))

    found = [(ranked, rows.get(ranked.candidate.chunk_id)) for ranked in best]
    return [
        _hit(ranked, row, query.query, explained(ranked, row))
        for ranked, row in found
        if row is not None
    ]


def _hit(ranked: Ranked, row: Record, query: str, explanation: Explanation | None) -> Hit:
    spans = [SentenceView(*numbers) for numbers in batched(row["sentences"], 3)]
    start, content = row["start"], row["content"]
    texts = [content[span.start - start : span.end - start] for span in spans]
    return Hit(
        document_id=row["document_id"],
        document_title=row["title"],
        version_id=row["version_id"],
        version_sha256=row["sha256"],
        chunk_id=row["id"],
        page=row["page"],
        start=start,
        end=row["end"],
        heading=row["heading"],
        text=content,
        sentences=spans,
        best_sentence=spans[best_sentence(query, texts)],
        score=ranked.score,
        legs=Legs(ranked.lexical, ranked.semantic),
        explanation=explanation,
    )
