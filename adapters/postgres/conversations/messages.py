from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    bindparam,
    case,
    cast,
    func,
    insert,
    literal,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from adapters.postgres.database import Database, Statement, Values
from adapters.postgres.pool import Pool
from adapters.postgres.rows import values_of
from adapters.postgres.tables.conversations import conversations, message_events, messages
from application.shared.page import CursorPaging, PageRequest
from domain.conversations.conversation import ConversationId, MessageId
from domain.conversations.message import (
    AlreadyAsked,
    AnswerMode,
    Citation,
    FinishReason,
    Message,
    MessageStatus,
    Notice,
    Rating,
    Role,
    Support,
)
from domain.shared.errors import NotFound
from domain.shared.ids import DocumentId, UserId
from domain.shared.span import Span

_k, _m, _e = conversations.c, messages.c, message_events.c
_COLUMNS = tuple(_m.keys())
_owner: BindParameter[Any] = bindparam("owner")
_message: BindParameter[Any] = bindparam("message")
_NOTHING: ColumnElement[str] = literal_column("''")
_mine = select(messages).where(_m.user_id == _owner)
_in_conversation = (_k.user_id == _m.user_id) & (_k.id == _m.conversation_id)
_live = _mine.join(conversations, _in_conversation).where(_k.deleted_at.is_(None))
_one = _live.where(_m.id == _message)

# As they are shown: an answer that is being written has its text in its events so far.
_pieces = func.string_agg(_e.data["text"].astext, aggregate_order_by(_NOTHING, _e.seq))
_so_far = select(func.coalesce(_pieces, _NOTHING)).where(
    _e.user_id == _owner, _e.message_id == _m.id, _e.type == literal_column("'text.delta'")
)
_content = case(
    (_m.status == literal_column("'streaming'"), _so_far.scalar_subquery()), else_=_m.content
)
_shown = _mine.with_only_columns(
    *(column for column in _m if column is not _m.content), _content.label("content")
)
_live_shown = _shown.join(conversations, _in_conversation).where(_k.deleted_at.is_(None))
_running = _m.status.in_([literal_column("'pending'"), literal_column("'streaming'")])

_ADD = Statement(insert(messages), _COLUMNS)
_READ = Statement(_live_shown.where(_m.id == _message))
_LOCK = Statement(_one.with_for_update(of=messages))
_SAVE = Statement(update(messages).where(_m.user_id == _owner, _m.id == bindparam("key")), _COLUMNS)
_SENT_AS = Statement(_mine.where(_m.client_message_id == bindparam("name")))
_ANSWER = Statement(_live_shown.where(_m.parent_id == _message).order_by(_m.id).limit(literal(1)))
_RUNNING = Statement(
    _mine.where(_m.conversation_id == bindparam("conversation"), _running)
    .order_by(_m.id)
    .with_for_update()
)

_asked = messages.alias("asked")
_ANSWERS_TO_SENT = Statement(
    _live.join(_asked, (_asked.c.user_id == _m.user_id) & (_asked.c.id == _m.parent_id))
    .where(_asked.c.fingerprint == bindparam("fingerprint"))
    .order_by(_m.id.desc())
    .limit(literal(20))
)
_WAITING = Statement(
    select(_m.id)
    .join(_asked, (_asked.c.user_id == _m.user_id) & (_asked.c.id == _m.parent_id))
    .where(
        _m.user_id == _owner,
        _asked.c.parent_id == _message,
        _m.status.in_([literal_column("'pending'"), literal_column("'stopped'")]),
    )
    .order_by(_m.id)
)

_up = (
    select(messages, literal(1, Integer).label("depth"))
    .where(_m.user_id == _owner, _m.id == _message)
    .cte("up", recursive=True)
)
_up = _up.union_all(
    select(messages, _up.c.depth + 1)
    .join(_up, (_up.c.user_id == _m.user_id) & (_up.c.parent_id == _m.id))
    .where(_m.user_id == _owner, _up.c.depth < cast(bindparam("limit"), Integer))
)
_BRANCH = Statement(
    select(*(column for column in _up.c if column.name != "depth")).order_by(_up.c.depth.desc())
)

_within = _shown.where(_m.conversation_id == bindparam("conversation")).limit(bindparam("rows"))
_newest_first = _within.order_by(_m.id.desc())
_FIRST_PAGE = Statement(_newest_first)
_NEXT_PAGE = Statement(_newest_first.where(_m.id < bindparam("after")))
_SLICE = Statement(_within.order_by(_m.id).offset(bindparam("skipped")))

# One owner's messages, along the primary key: row security would keep an index of words from use.
_config: ColumnElement[Any] = literal_column("'simple'::regconfig")
_found = (
    _live.where(
        func.to_tsvector(_config, _m.content).op("@@")(
            func.plainto_tsquery(_config, bindparam("words"))
        )
    )
    .order_by(_m.id.desc())
    .limit(bindparam("rows"))
)
_SEARCH = Statement(_found)
_SEARCH_ON = Statement(_found.where(_m.id < bindparam("after")))

_ENDED = Statement(select(_m.status).where(_m.user_id == _owner, _m.id == _message))


class PostgresMessages:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, message: Message) -> None:
        await self.add_all(message.user_id, [message])

    async def add_all(self, owner: UserId, messages: Sequence[Message]) -> None:
        values = [values_of(message, _COLUMNS) for message in messages]
        try:
            await self._database.each(_ADD, values, owner=owner)
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name == "messages_client_message_id_key":
                raise AlreadyAsked("this client_message_id was sent before") from None
            raise

    async def get(self, owner: UserId, message_id: MessageId) -> Message:
        return await self._one(_LOCK, {"owner": owner, "message": message_id}, owner)

    async def read(self, owner: UserId, message_id: MessageId) -> Message:
        return await self._one(_READ, {"owner": owner, "message": message_id}, owner)

    async def sent_as(self, owner: UserId, client_message_id: str) -> Message | None:
        values = {"owner": owner, "name": client_message_id}
        row = await self._database.row(_SENT_AS, values, owner=owner)
        return _entity(row) if row else None

    async def answer_to(self, owner: UserId, question_id: MessageId) -> Message:
        return await self._one(_ANSWER, {"owner": owner, "message": question_id}, owner)

    async def answers_to_sent(self, owner: UserId, fingerprint: bytes) -> list[Message]:
        values = {"owner": owner, "fingerprint": fingerprint}
        return await self._all(_ANSWERS_TO_SENT, values, owner)

    async def branch(self, owner: UserId, leaf: MessageId, limit: int) -> list[Message]:
        values = {"owner": owner, "message": leaf, "limit": limit}
        return await self._all(_BRANCH, values, owner)

    async def page(
        self, owner: UserId, conversation_id: ConversationId, paging: CursorPaging
    ) -> list[Message]:
        values = {"owner": owner, "conversation": conversation_id, "rows": paging.rows}
        if not isinstance(paging, PageRequest):
            return await self._all(_SLICE, values | {"skipped": paging.skipped}, owner)
        if paging.after is None:
            return await self._all(_FIRST_PAGE, values, owner)
        return await self._all(_NEXT_PAGE, values | {"after": paging.after}, owner)

    async def search(self, owner: UserId, words: str, request: PageRequest) -> list[Message]:
        values = {"owner": owner, "words": words, "rows": request.rows}
        if request.after is None:
            return await self._all(_SEARCH, values, owner)
        return await self._all(_SEARCH_ON, values | {"after": request.after}, owner)

    async def running(self, owner: UserId, conversation_id: ConversationId) -> list[Message]:
        values = {"owner": owner, "conversation": conversation_id}
        return await self._all(_RUNNING, values, owner)

    async def waiting(self, owner: UserId, answer_id: MessageId) -> list[MessageId]:
        values = {"owner": owner, "message": answer_id}
        rows = await self._database.rows(_WAITING, values, owner=owner)
        return [MessageId(row["id"]) for row in rows]

    async def save(self, message: Message) -> None:
        values = values_of(message, _COLUMNS)
        values |= {"owner": message.user_id, "key": message.id}
        await self._database.row(_SAVE, values, owner=message.user_id)

    async def _one(self, statement: Statement, values: Values, owner: UserId) -> Message:
        row = await self._database.row(statement, values, owner=owner)
        if row is None:
            raise NotFound("there is no such message")
        return _entity(row)

    async def _all(self, statement: Statement, values: Values, owner: UserId) -> list[Message]:
        rows = await self._database.rows(statement, values, owner=owner)
        return [_entity(row) for row in rows]


class PostgresEndings:
    def __init__(self, pool: Pool) -> None:
        self._database = Database(pool)

    async def ended(self, owner: UserId, message_id: MessageId) -> bool:
        values = {"owner": owner, "message": message_id}
        row = await self._database.row(_ENDED, values, owner=owner)
        return row is None or MessageStatus(row["status"]).terminal


def _entity(row: asyncpg.Record) -> Message:
    fields = dict(row)
    fields["role"] = Role(row["role"])
    fields["status"] = MessageStatus(row["status"])
    fields["mode"] = AnswerMode(row["mode"]) if row["mode"] else None
    fields["notice"] = Notice(row["notice"]) if row["notice"] else None
    reason = row["finish_reason"]
    fields["finish_reason"] = FinishReason(reason) if reason else None
    fields["rating"] = Rating(row["rating"]) if row["rating"] else None
    fields["support"] = msgspec.convert(row["support"], Support | None)
    fields["document_ids"] = msgspec.convert(row["document_ids"], list[DocumentId])
    fields["citations"] = msgspec.convert(row["citations"], list[Citation])
    fields["nearest"] = msgspec.convert(row["nearest"], list[Citation])
    fields["unsupported"] = msgspec.convert(row["unsupported"], list[Span])
    return Message(**fields)
