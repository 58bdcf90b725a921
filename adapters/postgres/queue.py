"""The job queue: PgQueuer's tables, in a schema of their own, outside row security: jobs carry ids
only."""

from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.domain.settings import DBSettings
from pgqueuer.ports.driver import Driver
from pgqueuer.queries import Queries
from sqlalchemy import text

from adapters.postgres.database import Database, Statement

SETTINGS = DBSettings(db_schema="jobs")

_COUNT_START = Statement(
    text(
        "INSERT INTO jobs.starts (job_id, count) VALUES (:job_id, 1) "
        "ON CONFLICT (job_id) DO UPDATE SET count = starts.count + 1 RETURNING count"
    )
)
_FORGET = Statement(text("DELETE FROM jobs.starts WHERE job_id = :job_id"))


def queries(driver: Driver) -> Queries:
    return Queries(
        driver,
        qbe=QueryBuilderEnvironment(SETTINGS),
        qbq=QueryQueueBuilder(SETTINGS),
        qbs=QuerySchedulerBuilder(SETTINGS),
    )


class PostgresStarts:
    """How often each job was begun. A job may kill its worker, and then nobody else tells."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, job_id: int) -> int:
        """Count this start and tell which it is, from 1. Kept at once."""
        (row,) = await self._database.rows(_COUNT_START, {"job_id": job_id})
        count: int = row["count"]
        return count

    async def forget(self, job_id: int) -> None:
        await self._database.row(_FORGET, {"job_id": job_id})
