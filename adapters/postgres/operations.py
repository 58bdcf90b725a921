from sqlalchemy import select, text

from adapters.postgres.database import Database, Statement
from adapters.postgres.tables.knowledge import recalls
from application.operations.views import QueueHealth, RecallHealth

_ONE = Statement(text("SELECT 1"))
_QUEUE = Statement(
    text(
        """
        SELECT count(*) FILTER (WHERE status IN ('queued', 'picked')) AS waiting,
               coalesce(extract(epoch FROM now() - min(created)
                   FILTER (WHERE status IN ('queued', 'picked'))), 0)::float AS oldest_seconds,
               count(*) FILTER (WHERE status = 'failed') AS held
        FROM jobs.pgqueuer
        """
    )
)
_RECALL = Statement(select(*recalls.columns).order_by(recalls.c.embedding_set))


class PostgresProbes:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def database(self) -> None:
        await self._database.row(_ONE)

    async def queue(self) -> QueueHealth:
        (row,) = await self._database.rows(_QUEUE)
        return QueueHealth(*row)

    async def recall(self) -> list[RecallHealth]:
        return [RecallHealth(*row) for row in await self._database.rows(_RECALL)]
