from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.database import Database, Statement, Values
from adapters.postgres.knowledge.search_scope import Scope, scope_of
from adapters.postgres.knowledge.search_tuning import tuned
from adapters.postgres.knowledge.search_vectors import every, nearest
from adapters.postgres.tables.knowledge import recalls
from application.knowledge.recall import Recall
from domain.shared.ids import UserId

_NEAREST = 10

# OFFSET 0 makes it a look-up for each, whatever Postgres thinks of how many there are.
_VECTORS = Statement(
    text("""
    SELECT embedding
    FROM unnest(CAST(:versions AS uuid[]), CAST(:ordinals AS integer[])) asked (version_id, ordinal)
    CROSS JOIN LATERAL (
        SELECT v.embedding FROM chunks c JOIN chunk_vectors v
            ON v.user_id = :user_id AND v.chunk_id = c.id AND v.embedding_set = :embedding_set
        WHERE c.user_id = :user_id AND c.version_id = asked.version_id
            AND c.ordinal = asked.ordinal OFFSET 0
    ) found
    """)
)
_new = insert(recalls)
_KEEP = Statement(
    _new.on_conflict_do_update(index_elements=["embedding_set"], set_=dict(_new.excluded)),
    [column.name for column in recalls.columns],
)


class PostgresRecallProbe:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def compare(self, owner: UserId, embedding_set: str, sample: int) -> Sequence[float]:
        async with tuned(self._database, owner):
            scope = await scope_of(self._database, owner)
            values = {"user_id": owner, "versions": scope.versions, "most": _NEAREST}
            vectors = await self._vectors(owner, embedding_set, scope, sample)
            return [await self._share(values, embedding_set, vector) for vector in vectors]

    async def _vectors(
        self, owner: UserId, embedding_set: str, scope: Scope, sample: int
    ) -> list[list[float]]:
        """Of passages taken at random."""
        numbers = np.random.default_rng().choice(scope.total, min(sample, scope.total), False)
        places = list(scope.places(numbers))
        values = {
            "user_id": owner,
            "embedding_set": embedding_set,
            "versions": [version for version, _ in places],
            "ordinals": [ordinal for _, ordinal in places],
        }
        rows = await self._database.rows(_VECTORS, values, owner)
        return [row["embedding"].to_list() for row in rows]

    async def keep(self, recall: Recall) -> None:
        await self._database.row(_KEEP, asdict(recall))

    async def _share(self, scope: Values, embedding_set: str, vector: list[float]) -> float:
        values = {**scope, "vector": vector}
        indexed = await self._database.rows(nearest(embedding_set, len(vector)), values)
        exact = await self._database.rows(every(embedding_set, None), values)
        right = {row["chunk_id"] for row in exact}
        return len(right & {row["chunk_id"] for row in indexed}) / max(len(right), 1)
