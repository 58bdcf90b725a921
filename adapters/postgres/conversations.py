from typing import Any

import asyncpg
import msgspec
from sqlalchemy import BindParameter, bindparam, insert, select, update

from adapters.postgres.database import Database, Statement
from adapters.postgres.rows import values_of
from adapters.postgres.tables.conversations import conversations, messages
from domain.conversations.conversation import Conversation, ConversationId, Kind, SessionTaken
from domain.conversations.message import (
    AnswerMode,
    Citation,
    Message,
    MessageId,
    MessageStatus,
    Role,
)
from domain.shared.errors import NotFound
from domain.shared.ids import DocumentId, UserId

_k, _m = conversations.c, messages.c
_owner: BindParameter[Any] = bindparam("owner")
_CONVERSATION, _MESSAGE = tuple(_k.keys()), tuple(_m.keys())

_ADD = Statement(insert(conversations), _CONVERSATION)
_LOCK = Statement(
    select(conversations)
    .where(_k.user_id == _owner, _k.id == bindparam("conversation"), _k.deleted_at.is_(None))
    .with_for_update()
)
_SAVE = Statement(
    update(conversations).where(_k.user_id == _owner, _k.id == bindparam("key")), _CONVERSATION
)
_ADD_MESSAGE = Statement(insert(messages), _MESSAGE)
_message = (
    select(messages)
    .join(conversations, (_k.user_id == _m.user_id) & (_k.id == _m.conversation_id))
    .where(_m.user_id == _owner, _m.id == bindparam("message"), _k.deleted_at.is_(None))
)
_READ_MESSAGE = Statement(_message)
_LOCK_MESSAGE = Statement(_message.with_for_update(of=messages))
_SAVE_MESSAGE = Statement(
    update(messages).where(_m.user_id == _owner, _m.id == bindparam("key")), _MESSAGE
)
_NEWEST = Statement(
    select(_m.id)
    .where(_m.user_id == _owner, _m.conversation_id == bindparam("conversation"))
    .order_by(_m.id.desc())
    .limit(1)
)


class PostgresConversations:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, conversation: Conversation) -> None:
        values = values_of(conversation, _CONVERSATION)
        try:
            await self._database.row(_ADD, values, owner=conversation.user_id)
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name == "conversations_session_id_key":
                raise SessionTaken("you have a conversation with this session_id") from None
            raise

    async def get(self, owner: UserId, conversation_id: ConversationId) -> Conversation:
        values = {"owner": owner, "conversation": conversation_id}
        row = await self._database.row(_LOCK, values, owner=owner)
        if row is None:
            raise NotFound("there is no such conversation")
        return Conversation(**{**row, "kind": Kind(row["kind"])})

    async def save(self, conversation: Conversation) -> None:
        values = values_of(conversation, _CONVERSATION)
        values |= {"owner": conversation.user_id, "key": conversation.id}
        await self._database.row(_SAVE, values, owner=conversation.user_id)


class PostgresMessages:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, message: Message) -> None:
        values = values_of(message, _MESSAGE)
        await self._database.row(_ADD_MESSAGE, values, owner=message.user_id)

    async def get(self, owner: UserId, message_id: MessageId) -> Message:
        return await self._one(_LOCK_MESSAGE, owner, message_id)

    async def read(self, owner: UserId, message_id: MessageId) -> Message:
        return await self._one(_READ_MESSAGE, owner, message_id)

    async def newest(self, owner: UserId, conversation_id: ConversationId) -> MessageId | None:
        values = {"owner": owner, "conversation": conversation_id}
        row = await self._database.row(_NEWEST, values, owner=owner)
        return MessageId(row["id"]) if row else None

    async def save(self, message: Message) -> None:
        values = values_of(message, _MESSAGE)
        values |= {"owner": message.user_id, "key": message.id}
        await self._database.row(_SAVE_MESSAGE, values, owner=message.user_id)

    async def _one(self, statement: Statement, owner: UserId, message_id: MessageId) -> Message:
        values = {"owner": owner, "message": message_id}
        row = await self._database.row(statement, values, owner=owner)
        if row is None:
            raise NotFound("there is no such message")
        return _entity(row)


def _entity(row: asyncpg.Record) -> Message:
    fields = dict(row)
    fields["role"] = Role(row["role"])
    fields["status"] = MessageStatus(row["status"])
    fields["mode"] = AnswerMode(row["mode"]) if row["mode"] else None
    fields["document_ids"] = msgspec.convert(row["document_ids"], list[DocumentId])
    fields["citations"] = msgspec.convert(row["citations"], list[Citation])
    fields["nearest"] = msgspec.convert(row["nearest"], list[Citation])
    return Message(**fields)
