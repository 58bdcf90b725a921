from typing import Any

import asyncpg
import msgspec
from sqlalchemy import BindParameter, bindparam, insert, select, update

from adapters.postgres.database import Database, Statement, Values
from adapters.postgres.rows import values_of
from adapters.postgres.tables.conversations import conversations
from application.shared.page import CursorPaging, PageRequest
from domain.conversations.conversation import (
    Conversation,
    ConversationId,
    Kind,
    Origin,
    SessionTaken,
)
from domain.shared.errors import NotFound
from domain.shared.ids import DocumentId, UserId

_k = conversations.c
_COLUMNS = tuple(_k.keys())
_owner: BindParameter[Any] = bindparam("owner")
_mine = select(conversations).where(_k.user_id == _owner, _k.deleted_at.is_(None))
_one = _mine.where(_k.id == bindparam("conversation"))
_listed = _mine.where(_k.is_archived == bindparam("archived")).limit(bindparam("rows"))
_aged = _listed.order_by(_k.id.desc())

_ADD = Statement(insert(conversations), _COLUMNS)
_READ = Statement(_one)
_LOCK = Statement(_one.with_for_update())
_SAVE = Statement(
    update(conversations).where(_k.user_id == _owner, _k.id == bindparam("key")), _COLUMNS
)
_FIRST_PAGE = Statement(_aged)
_NEXT_PAGE = Statement(_aged.where(_k.id < bindparam("after")))
_SLICE = Statement(
    _listed.order_by(_k.updated_at.desc(), _k.id.desc()).offset(bindparam("skipped"))
)


class PostgresConversations:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, conversation: Conversation) -> None:
        await self._write(_ADD, conversation, {})

    async def get(self, owner: UserId, conversation_id: ConversationId) -> Conversation:
        return await self._one(_LOCK, owner, conversation_id)

    async def read(self, owner: UserId, conversation_id: ConversationId) -> Conversation:
        return await self._one(_READ, owner, conversation_id)

    async def save(self, conversation: Conversation) -> None:
        key = {"owner": conversation.user_id, "key": conversation.id}
        await self._write(_SAVE, conversation, key)

    async def page(
        self, owner: UserId, paging: CursorPaging, *, archived: bool
    ) -> list[Conversation]:
        values = {"owner": owner, "archived": archived, "rows": paging.rows}
        if not isinstance(paging, PageRequest):
            statement, values["skipped"] = _SLICE, paging.skipped
        elif paging.after is None:
            statement = _FIRST_PAGE
        else:
            statement, values["after"] = _NEXT_PAGE, paging.after
        rows = await self._database.rows(statement, values, owner=owner)
        return [_entity(row) for row in rows]

    async def _one(
        self, statement: Statement, owner: UserId, conversation_id: ConversationId
    ) -> Conversation:
        values = {"owner": owner, "conversation": conversation_id}
        row = await self._database.row(statement, values, owner=owner)
        if row is None:
            raise NotFound("there is no such conversation")
        return _entity(row)

    async def _write(self, statement: Statement, conversation: Conversation, key: Values) -> None:
        values = {**values_of(conversation, _COLUMNS), **key}
        try:
            await self._database.row(statement, values, owner=conversation.user_id)
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name == "conversations_session_id_key":
                raise SessionTaken("you have a conversation with this session_id") from None
            raise


def _entity(row: asyncpg.Record) -> Conversation:
    fields = dict(row)
    fields["kind"], fields["origin"] = Kind(row["kind"]), Origin(row["origin"])
    fields["document_ids"] = msgspec.convert(row["document_ids"], list[DocumentId])
    return Conversation(**fields)
