"""What makes passages findable: the postings of their words, and their vectors."""

from collections.abc import Sequence

from sqlalchemy import text

from adapters.postgres.database import Database, Statement
from adapters.postgres.knowledge.languages import configuration
from adapters.postgres.knowledge.search_tuning import transaction
from adapters.postgres.knowledge.search_words import TERMS_OF
from application.knowledge.ports import Vector
from domain.shared.ids import ChunkId, UserId, VersionId

# Two who index the same would each have removed the same rows, and could not both put theirs.
_LOCK = Statement(
    text("""
    SELECT id FROM document_versions WHERE user_id = :user_id AND id = :version_id
    FOR NO KEY UPDATE
    """)
)
_REMOVE_TERMS = Statement(
    text("DELETE FROM postings WHERE user_id = :user_id AND version_id = :version_id")
)
# The version's own: its document has it from its publication on.
_LANGUAGE = Statement(
    text("""
    SELECT properties ->> 'language' AS language FROM document_texts
    WHERE user_id = :user_id AND version_id = :version_id
    """)
)
_PASSAGE = "concat_ws(E'\\n', d.title, c.heading, c.content)"
# Ordinals count from 0 without a gap, so that a length's place tells whose it is.
_PUT_TERMS = Statement(
    text(f"""
    WITH counted AS MATERIALIZED (
        SELECT c.ordinal, t.lexeme, cardinality(t.positions) AS tf
        FROM chunks c JOIN documents d ON d.user_id = :user_id AND d.id = c.document_id,
            unnest({TERMS_OF.format(":configuration", _PASSAGE)}) t
        WHERE c.user_id = :user_id AND c.version_id = :version_id
    ), lengths AS (
        SELECT c.ordinal, coalesce(sum(counted.tf), 0) AS length
        FROM chunks c LEFT JOIN counted USING (ordinal)
        WHERE c.user_id = :user_id AND c.version_id = :version_id
        GROUP BY c.ordinal
    ), statistics AS (
        INSERT INTO version_statistics (user_id, version_id, configuration, chunks, lengths)
        SELECT :user_id, :version_id, :configuration, count(*),
            coalesce(string_agg(int2send(least(length, 32767)::int2), '' ORDER BY ordinal), '')
        FROM lengths
        ON CONFLICT (user_id, version_id) DO UPDATE SET configuration = excluded.configuration,
            chunks = excluded.chunks, lengths = excluded.lengths
    )
    INSERT INTO postings (user_id, term, version_id, entries)
    SELECT :user_id, lexeme, :version_id,
        string_agg(int4send((ordinal << 8) | least(tf, 255)), '' ORDER BY ordinal)
    FROM counted GROUP BY lexeme ORDER BY lexeme
    """)  # noqa: S608  our own constants
)

# A chunk, or a set, that is gone meanwhile gets no vector.
_PUT_VECTOR = Statement(
    text("""
    INSERT INTO chunk_vectors (user_id, chunk_id, embedding_set, version_id, embedding)
    SELECT c.user_id, c.id, s.name, c.version_id, CAST(:vector AS halfvec)
    FROM chunks c, embedding_sets s
    WHERE c.user_id = :user_id AND c.id = :id AND s.name = :embedding_set
    ON CONFLICT (user_id, chunk_id, embedding_set) DO UPDATE SET embedding = excluded.embedding
    """)
)


async def put_terms(database: Database, owner: UserId, version_id: VersionId) -> None:
    values = {"user_id": owner, "version_id": version_id}
    async with transaction(database):
        if await database.row(_LOCK, values, owner) is None:
            return
        await database.row(_REMOVE_TERMS, values, owner)
        row = await database.row(_LANGUAGE, values, owner)
        read = {"configuration": configuration(row["language"] if row else None)}
        await database.row(_PUT_TERMS, values | read, owner)


async def put_vectors(
    database: Database,
    owner: UserId,
    embedding_set: str,
    vectors: Sequence[tuple[ChunkId, Vector]],
) -> None:
    if not vectors:
        return
    named = {"user_id": owner, "embedding_set": embedding_set}
    rows = [named | {"id": chunk_id, "vector": list(vector)} for chunk_id, vector in vectors]
    async with transaction(database):
        await database.each(_PUT_VECTOR, rows, owner)
