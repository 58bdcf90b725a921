"""What concerns all users at once. Only here does row security not bind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import ARRAY, Text, any_, bindparam, func, select, text

from adapters.postgres.database import Database, Statement
from adapters.postgres.knowledge.search import EXACT
from adapters.postgres.pool import open_pool
from adapters.postgres.tables.files import stored_files
from application.conversations.answers import AnswerQuestion
from application.knowledge.views import OrphansView
from domain.conversations.conversation import MessageId
from domain.files.file import StorageKey
from domain.shared.ids import UserId

MAINTENANCE_ROLE = "colonnade_maintenance"

_f = stored_files.c
_CREATED = Statement(
    select(_f.storage_key, _f.created_at).where(
        _f.storage_key == any_(bindparam("keys", type_=ARRAY(Text)))
    )
)
_COUNT = Statement(select(func.count()).where(_f.created_at < bindparam("before")))
_INDEXED = Statement(
    text("""
    SELECT user_id FROM version_statistics GROUP BY user_id
    HAVING sum(chunks) > :exact ORDER BY random() LIMIT 1
    """)
)
# As long as there are none, only versions and files are looked at.
_ORPHANS = Statement(
    text("""
    WITH dead AS MATERIALIZED (
        SELECT v.user_id, v.id FROM document_versions v
        JOIN documents d ON d.user_id = v.user_id AND d.id = v.document_id
        WHERE d.deleted_at < :before
            OR d.deleted_at IS NULL AND d.current_version_id IS DISTINCT FROM v.id AND EXISTS (
                SELECT FROM document_versions n
                WHERE n.user_id = v.user_id AND n.document_id = v.document_id
                    AND n.number > v.number AND n.updated_at < :before
            )
    ), dead_chunks AS MATERIALIZED (
        SELECT c.user_id, c.id FROM dead
        JOIN chunks c ON c.user_id = dead.user_id AND c.version_id = dead.id
    )
    SELECT
        (SELECT count(*) FROM stored_files f
            WHERE f.purpose = 'document' AND f.created_at < :before AND NOT EXISTS (
                SELECT FROM document_versions v WHERE v.user_id = f.user_id AND v.file_id = f.id
            )) AS files,
        (SELECT count(*) FROM dead) AS versions,
        (SELECT count(*) FROM dead
            JOIN document_texts t ON t.user_id = dead.user_id AND t.version_id = dead.id) AS texts,
        (SELECT count(*) FROM dead_chunks) AS chunks,
        (SELECT count(*) FROM dead
            JOIN postings p ON p.user_id = dead.user_id AND p.version_id = dead.id) AS postings,
        (SELECT count(*) FROM dead_chunks c
            JOIN chunk_vectors x ON x.user_id = c.user_id AND x.chunk_id = c.id) AS vectors
    """)
)

# A job that has failed counts as none: the queue will not begin it again.
_LOST = Statement(
    text("""
    SELECT m.user_id, m.id FROM messages m
    JOIN conversations c ON c.user_id = m.user_id AND c.id = m.conversation_id
    JOIN messages asked ON asked.user_id = m.user_id AND asked.id = m.parent_id
    WHERE m.status IN ('pending', 'streaming') AND m.created_at < :before AND c.deleted_at IS NULL
        AND NOT EXISTS (
            SELECT FROM messages above
            WHERE above.user_id = asked.user_id AND above.id = asked.parent_id
                AND above.status IN ('pending', 'streaming')
        )
        AND NOT EXISTS (
            SELECT FROM jobs.pgqueuer job
            WHERE job.entrypoint = :follower AND job.status <> 'failed'
                AND convert_from(job.payload, 'UTF8')::jsonb ->> 'answer_id' = m.id::text
        )
    ORDER BY m.created_at, m.id LIMIT :limit
    """)
)


@asynccontextmanager
async def maintenance(url: str) -> AsyncIterator[Database]:
    """A connection of its own, that sees everybody's rows."""
    pool = await open_pool(url, 1, role=MAINTENANCE_ROLE)
    try:
        yield Database(pool)
    finally:
        await pool.close()


class PostgresAllFiles:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def created(self, keys: list[StorageKey]) -> dict[StorageKey, datetime]:
        rows = await self._database.rows(_CREATED, {"keys": keys})
        return {StorageKey(row["storage_key"]): row["created_at"] for row in rows}

    async def count(self, before: datetime) -> int:
        (row,) = await self._database.rows(_COUNT, {"before": before})
        counted: int = row[0]
        return counted


class PostgresIndexedOwners:
    """Whoever has more than `exact` passages is answered by the index."""

    def __init__(self, database: Database, exact: int = EXACT) -> None:
        self._database, self._exact = database, exact

    async def one(self) -> UserId | None:
        row = await self._database.row(_INDEXED, {"exact": self._exact})
        return UserId(row["user_id"]) if row else None


class PostgresOrphanProbe:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, before: datetime) -> OrphansView:
        (row,) = await self._database.rows(_ORPHANS, {"before": before})
        return OrphansView(**row)


class PostgresLostAnswers:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, before: datetime, limit: int) -> list[tuple[UserId, MessageId]]:
        values = {"before": before, "follower": AnswerQuestion.__name__, "limit": limit}
        rows = await self._database.rows(_LOST, values)
        return [(UserId(row["user_id"]), MessageId(row["id"])) for row in rows]
