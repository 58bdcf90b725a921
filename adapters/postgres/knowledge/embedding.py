"""Embedding sets, and what of them is missing."""

from collections.abc import Mapping
from datetime import datetime

import asyncpg
from sqlalchemy import bindparam, delete, insert, select, text, update

from adapters.postgres.database import Database, Statement
from adapters.postgres.knowledge.documents import chunk_of
from adapters.postgres.knowledge.vector_index import create, drop
from adapters.postgres.rows import values_of
from adapters.postgres.tables.knowledge import embedding_sets
from application.knowledge.embedding_ports import Coverage
from domain.knowledge.chunk import Chunk
from domain.knowledge.embedding import REST, TRIES, EmbeddingSet, SetState
from domain.shared.ids import UserId, VersionId

_s = embedding_sets.c
_SET = tuple(_s.keys())
_all = select(embedding_sets).order_by(_s.name)
_ALL = Statement(_all)
# Vectors are written meanwhile: their keys to the set's name are no obstacle.
_LOCKED = Statement(_all.with_for_update(key_share=True))
_HELD = Statement(_all.with_for_update(read=True))
_named = _s.name == bindparam("set_name")
_ADD = Statement(insert(embedding_sets), _SET)
_SAVE = Statement(update(embedding_sets).where(_named).returning(_s.name), ("state", "changed_at"))
_REMOVE = Statement(delete(embedding_sets).where(_named))

_LACKING = Statement(
    text("""
    SELECT * FROM chunks c
    WHERE user_id = :owner AND version_id = :version AND ordinal >= :start AND NOT EXISTS (
        SELECT FROM chunk_vectors
        WHERE user_id = :owner AND chunk_id = c.id AND embedding_set = :set_name
    )
    ORDER BY ordinal LIMIT :limit
    """)
)
_UNEMBED = Statement(
    text("""
    WITH gone AS (
        DELETE FROM chunk_vectors
        WHERE user_id = :owner AND embedding_set = :set_name AND chunk_id = ANY (ARRAY(
            SELECT chunk_id FROM chunk_vectors
            WHERE user_id = :owner AND embedding_set = :set_name LIMIT :limit
        ))
        RETURNING 1
    )
    SELECT count(*) FROM gone
    """)
)
_FAILED = Statement(
    text("""
    INSERT INTO embedding_failures (user_id, version_id, embedding_set, tries, failed_at)
    SELECT :owner, v.id, s.name, 1, :at FROM document_versions v, embedding_sets s
    WHERE v.user_id = :owner AND v.id = :version AND s.name = :set_name
    ON CONFLICT (user_id, version_id, embedding_set) DO UPDATE
        SET tries = embedding_failures.tries + 1, failed_at = excluded.failed_at
    """)
)
_FORGIVE = Statement(
    text("DELETE FROM embedding_failures WHERE user_id = :owner AND embedding_set = :set_name")
)

# What readers see, and what they will see without another look at its vectors.
_SEEN = """
    SELECT v.user_id, v.id, (SELECT count(*) FROM chunks c
        WHERE c.user_id = v.user_id AND c.version_id = v.id) AS total
    FROM document_versions v
    JOIN documents d ON d.user_id = v.user_id AND d.id = v.document_id
    WHERE d.deleted_at IS NULL
        AND (d.current_version_id = v.id OR v.step = 'publish' AND v.status <> 'failed')
"""
_DONE = """(
    SELECT count(*) FROM chunk_vectors x
    WHERE x.user_id = seen.user_id AND x.embedding_set = {} AND x.version_id = seen.id
)"""
_FAILURE_OF = "f.user_id = seen.user_id AND f.version_id = seen.id AND f.tries >= :tries"
_INCOMPLETE = Statement(
    text(f"""
    SELECT user_id, id FROM ({_SEEN}) seen
    WHERE {_DONE.format(":set_name")} < total
        AND (CAST(:after AS uuid) IS NULL OR id > CAST(:after AS uuid))
        AND NOT EXISTS (
            SELECT FROM embedding_failures f
            WHERE {_FAILURE_OF} AND f.embedding_set = :set_name AND f.failed_at > :rested
        )
    ORDER BY id LIMIT :limit
    """)  # noqa: S608  our own constants
)
_COUNTED = Statement(
    text(f"""
    WITH seen AS MATERIALIZED ({_SEEN}), counted AS (
        SELECT s.name, total, {_DONE.format("s.name")} AS done, f.tries IS NOT NULL AS failed
        FROM embedding_sets s CROSS JOIN seen
        LEFT JOIN embedding_failures f ON {_FAILURE_OF} AND f.embedding_set = s.name
    )
    SELECT name, sum(done)::int8 AS done, sum(total)::int8 AS total,
        count(*) FILTER (WHERE failed AND done < total) AS failed
    FROM counted GROUP BY name
    """)  # noqa: S608  our own constants
)
_OWNERS = Statement(
    text("""
    SELECT user_id FROM chunk_vectors WHERE embedding_set = :set_name
    UNION SELECT user_id FROM embedding_failures WHERE embedding_set = :set_name
    LIMIT :limit
    """)
)


class PostgresEmbeddingSets:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[EmbeddingSet]:
        return await self._some(_ALL)

    async def locked(self) -> list[EmbeddingSet]:
        return await self._some(_LOCKED)

    async def held(self) -> list[EmbeddingSet]:
        return await self._some(_HELD)

    async def save(self, one: EmbeddingSet) -> None:
        state = {"set_name": one.name, "state": one.state, "changed_at": one.changed_at}
        if await self._database.row(_SAVE, state) is None:
            await self._database.row(_ADD, values_of(one, _SET))

    async def remove(self, name: str) -> None:
        await self._database.row(_REMOVE, {"set_name": name})

    async def _some(self, statement: Statement) -> list[EmbeddingSet]:
        return [_set(row) for row in await self._database.rows(statement)]


class PostgresVectors:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def lacking(
        self,
        owner: UserId,
        version_id: VersionId,
        embedding_set: str,
        *,
        start: int = 0,
        limit: int,
    ) -> list[Chunk]:
        values = {"owner": owner, "version": version_id, "set_name": embedding_set}
        values |= {"start": start, "limit": limit}
        return [chunk_of(row) for row in await self._database.rows(_LACKING, values, owner=owner)]

    async def failed(
        self, owner: UserId, version_id: VersionId, embedding_set: str, at: datetime
    ) -> None:
        values = {"owner": owner, "version": version_id, "set_name": embedding_set, "at": at}
        await self._database.row(_FAILED, values, owner=owner)

    async def remove(self, owner: UserId, embedding_set: str, limit: int) -> int:
        values = {"owner": owner, "set_name": embedding_set}
        await self._database.row(_FORGIVE, values, owner=owner)
        values |= {"limit": limit}
        (row,) = await self._database.rows(_UNEMBED, values, owner=owner)
        count: int = row[0]
        return count


class PostgresVectorUpkeep:
    """`url` is the database's: indexes are made by the owner of the tables, on a connection that
    may take its time."""

    def __init__(self, database: Database, url: str) -> None:
        self._database, self._url = database, url

    async def incomplete(
        self, embedding_set: str, now: datetime, *, after: VersionId | None, limit: int
    ) -> list[tuple[UserId, VersionId]]:
        page = {"set_name": embedding_set, "after": after, "limit": limit}
        values = page | {"tries": TRIES, "rested": now - REST}
        rows = await self._database.rows(_INCOMPLETE, values)
        return [(UserId(row["user_id"]), VersionId(row["id"])) for row in rows]

    async def counted(self) -> Mapping[str, Coverage]:
        rows = await self._database.rows(_COUNTED, {"tries": TRIES})
        return {row["name"]: Coverage(row["done"], row["total"], row["failed"]) for row in rows}

    async def owners(self, embedding_set: str, limit: int) -> list[UserId]:
        values = {"set_name": embedding_set, "limit": limit}
        return [UserId(row[0]) for row in await self._database.rows(_OWNERS, values)]

    async def create_index(self, one: EmbeddingSet) -> None:
        await create(self._url, one)

    async def drop_index(self, one: EmbeddingSet) -> None:
        await drop(self._url, one)


def _set(row: asyncpg.Record) -> EmbeddingSet:
    return EmbeddingSet(**{**row, "state": SetState(row["state"])})
