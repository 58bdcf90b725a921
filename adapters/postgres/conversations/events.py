from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Integer, bindparam, cast, delete, literal_column, select, text

from adapters.postgres.database import Database, Statement
from adapters.postgres.signals import CHANNEL
from adapters.postgres.tables.conversations import message_events
from domain.conversations.conversation import MessageId
from domain.conversations.stream import KEPT, EventType, Happened, MessageEvent
from domain.shared.ids import UserId

NOBODY = UUID(int=0)  # whom row security shows what is to be forgotten, and nothing else

_e = message_events.c
_owner: BindParameter[Any] = bindparam("owner")
_message: BindParameter[Any] = bindparam("message")
_mine = (_e.user_id == _owner) & (_e.message_id == _message)

_LAST = (
    "(SELECT coalesce(max(seq), 0) FROM message_events"
    " WHERE user_id = :owner AND message_id = :message)"
)
_APPEND = Statement(
    text(
        "WITH kept AS ("  # noqa: S608
        "INSERT INTO message_events (user_id, message_id, seq, type, data, expires_at)"
        f" SELECT :owner, :message, {_LAST} + number, type, data, CAST(:until AS timestamptz)"
        " FROM unnest(CAST(:types AS text[]), CAST(:data AS jsonb[]))"
        " WITH ORDINALITY AS told (type, data, number) RETURNING message_id)"
        f" SELECT pg_notify('{CHANNEL}', message_id::text) FROM kept"
    )
)
# A stream does this 25 times a second, so it is one trip: the row that is looked for depends on
# `me`, which sets the owner (ADR 0008). Whoever ends the message holds its lock: what waited for
# that finds it ended, and adds nothing.
_WRITE = Statement(
    text(
        "WITH me AS MATERIALIZED (SELECT set_config('app.user_id', :me, true) AS id),"  # noqa: S608
        " streaming AS (SELECT found.id FROM me, LATERAL (SELECT id FROM messages"
        " WHERE user_id = :owner AND id = :message AND status = 'streaming' AND me.id IS NOT NULL"
        " FOR UPDATE) found),"
        " kept AS ("
        "INSERT INTO message_events (user_id, message_id, seq, type, data, expires_at)"
        f" SELECT :owner, id, {_LAST} + 1, 'text.delta', CAST(:data AS jsonb),"
        " CAST(:until AS timestamptz) FROM streaming RETURNING message_id)"
        f" SELECT pg_notify('{CHANNEL}', message_id::text) FROM kept"
    )
)
_AFTER = Statement(
    select(_e.seq, _e.type, _e.data)
    .where(_mine, _e.seq > cast(bindparam("after"), Integer))
    .order_by(_e.seq)
)
_TEXT = Statement(
    select(_e.data["text"].astext.label("text"))
    .where(_mine, _e.type == literal_column("'text.delta'"))
    .order_by(_e.seq)
)
_PURGE = Statement(delete(message_events).where(_e.expires_at <= bindparam("at")).returning(_e.seq))


class PostgresMessageEvents:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(
        self, owner: UserId, message_id: MessageId, happened: Sequence[Happened], at: datetime
    ) -> None:
        values = {
            "owner": owner,
            "message": message_id,
            "types": [one.type.value for one in happened],
            "data": [one.data for one in happened],
            "until": at + KEPT,
        }
        await self._database.row(_APPEND, values, owner=owner)

    async def write(self, owner: UserId, message_id: MessageId, text: str, at: datetime) -> bool:
        values = {
            "me": str(owner),
            "owner": owner,
            "message": message_id,
            "data": {"text": text},
            "until": at + KEPT,
        }
        return await self._database.row(_WRITE, values) is not None

    async def after(self, owner: UserId, message_id: MessageId, seq: int) -> list[MessageEvent]:
        values = {"owner": owner, "message": message_id, "after": seq}
        rows = await self._database.rows(_AFTER, values, owner=owner)
        return [MessageEvent(row["seq"], EventType(row["type"]), row["data"]) for row in rows]

    async def text(self, owner: UserId, message_id: MessageId) -> str:
        rows = await self._database.rows(_TEXT, {"owner": owner, "message": message_id}, owner)
        return "".join(row["text"] for row in rows)

    async def purge(self, at: datetime) -> int:
        return len(await self._database.rows(_PURGE, {"at": at}, owner=NOBODY))
