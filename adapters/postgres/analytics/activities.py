from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.database import Database, Statement
from adapters.postgres.rows import values_of
from adapters.postgres.tables.analytics import activities
from domain.analytics.activity import Activity
from domain.shared.ids import DocumentId, UserId

_a = activities.c
_COLUMNS = tuple(_a.keys())
_ADD = Statement(
    insert(activities).on_conflict_do_nothing(index_elements=[_a.user_id, _a.id]).returning(_a.id),
    _COLUMNS,
)
_FORGET = Statement(
    delete(activities)
    .where(_a.user_id == bindparam("owner"), _a.document_id == bindparam("document"))
    .returning(_a.at)
)


class PostgresActivities:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, activity: Activity) -> bool:
        values = values_of(activity, _COLUMNS)
        return await self._database.row(_ADD, values, owner=activity.user_id) is not None

    async def forget(self, owner: UserId, document_id: DocumentId) -> list[datetime]:
        values: dict[str, UUID] = {"owner": owner, "document": document_id}
        rows = await self._database.rows(_FORGET, values, owner=owner)
        return [row["at"] for row in rows]
