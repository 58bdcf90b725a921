from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, select

from adapters.postgres.database import Database, Statement
from adapters.postgres.tables.conversations import conversations, messages
from domain.shared.ids import DocumentId, UserId

_k, _m = conversations.c, messages.c
_document = func.coalesce(_m.citations[0]["document_id"].astext, _m.document_ids[0].astext).label(
    "document"
)
_OF = Statement(
    select(_m.id, _document)
    .join(conversations, (_k.user_id == _m.user_id) & (_k.id == _m.conversation_id))
    .where(
        _m.user_id == bindparam("owner"),
        _m.id == any_(bindparam("messages", type_=ARRAY(Uuid))),
        _k.deleted_at.is_(None),
        _document.is_not(None),
    )
)


class PostgresSubjects:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, owner: UserId, message_ids: Collection[UUID]) -> dict[UUID, DocumentId]:
        values = {"owner": owner, "messages": list(message_ids)}
        rows = await self._database.rows(_OF, values, owner=owner)
        return {row["id"]: DocumentId(UUID(row["document"])) for row in rows}
