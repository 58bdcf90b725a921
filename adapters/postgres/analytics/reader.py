from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import (
    ARRAY,
    BindParameter,
    Integer,
    Text,
    any_,
    bindparam,
    cast,
    func,
    not_,
    select,
    tuple_,
)

from adapters.postgres.analytics.metering import EVENT
from adapters.postgres.database import Database, Statement
from adapters.postgres.tables.analytics import activities, usage_events
from application.analytics.views import Spending
from domain.analytics.activity import Activity, ActivityKind, ActivityStatus
from domain.analytics.measure import Attempt
from domain.analytics.usage import ANSWERING, Charge, Feature, UsageEvent, UsageStatus
from domain.shared.ids import UserId
from domain.shared.tokens import TokensSource

_u, _a = usage_events.c, activities.c
_owner: BindParameter[Any] = bindparam("owner")
_since: BindParameter[Any] = bindparam("since")
_until: BindParameter[Any] = bindparam("until")

_later = usage_events.alias("later")
_last = not_(
    select(_later.c.id)
    .where(
        _later.c.user_id == _u.user_id,
        _later.c.message_id == _u.message_id,
        tuple_(_later.c.started_at, _later.c.id) > tuple_(_u.started_at, _u.id),
    )
    .exists()
)
_then = (_u.user_id == _owner) & (_u.started_at >= _since) & (_u.started_at < _until)
_answering = _u.feature == any_(bindparam("answering", type_=ARRAY(Text)))
_tokens = _u.input_tokens + _u.cached_input_tokens + _u.output_tokens + _u.reasoning_tokens

_ATTEMPTS = Statement(
    select(usage_events, _last.label("last")).where(_then).order_by(_u.started_at, _u.id)
)
_ACTIVITIES = Statement(
    select(activities)
    .where(_a.user_id == _owner, _a.at >= _since, _a.at < _until)
    .order_by(_a.at, _a.id)
)
_RESPONSES = Statement(
    select((_u.queue_ms + _u.total_ms).label("ms")).where(
        _then, _answering, _u.status == bindparam("ok"), _last
    )
)
_SPENDING = Statement(
    select(
        _u.provider,
        _u.model_used.label("model"),
        _u.feature,
        _u.conversation_id,
        func.count().label("calls"),
        func.sum(_tokens).label("total_tokens"),
        func.coalesce(func.sum(_u.cost), 0).label("cost"),
        (func.count() - func.count(_u.cost)).label("unpriced_calls"),
    )
    .where(_then)
    .group_by(_u.provider, _u.model_used, _u.feature, _u.conversation_id)
)
_limit = cast(bindparam("limit"), Integer)
_ANSWERS = Statement(
    select(usage_events)
    .where(_u.user_id == _owner, _answering, _last)
    .order_by(_u.started_at.desc(), _u.id.desc())
    .limit(_limit)
)
_NEWEST = Statement(
    select(activities)
    .where(_a.user_id == _owner)
    .order_by(_a.at.desc(), _a.id.desc())
    .limit(_limit)
)
_ANSWERING = [feature.value for feature in ANSWERING]


class PostgresUsageReader:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def attempts(self, owner: UserId, since: datetime, until: datetime) -> list[Attempt]:
        values = {"owner": owner, "since": since, "until": until}
        rows = await self._database.rows(_ATTEMPTS, values, owner=owner)
        return [Attempt(_charge(row), row["last"]) for row in rows]

    async def activities(self, owner: UserId, since: datetime, until: datetime) -> list[Activity]:
        values = {"owner": owner, "since": since, "until": until}
        rows = await self._database.rows(_ACTIVITIES, values, owner=owner)
        return [_activity(row) for row in rows]

    async def response_times(self, owner: UserId, since: datetime, until: datetime) -> list[int]:
        values = {"owner": owner, "since": since, "until": until}
        values |= {"answering": _ANSWERING, "ok": UsageStatus.OK}
        return [row["ms"] for row in await self._database.rows(_RESPONSES, values, owner=owner)]

    async def spending(self, owner: UserId, since: datetime, until: datetime) -> list[Spending]:
        values = {"owner": owner, "since": since, "until": until}
        rows = await self._database.rows(_SPENDING, values, owner=owner)
        return [Spending(**{**row, "feature": Feature(row["feature"])}) for row in rows]

    async def answers(self, owner: UserId, limit: int) -> list[UsageEvent]:
        values = {"owner": owner, "limit": limit, "answering": _ANSWERING}
        rows = await self._database.rows(_ANSWERS, values, owner=owner)
        return [_charge(row).event for row in rows]

    async def newest(self, owner: UserId, limit: int) -> list[Activity]:
        values = {"owner": owner, "limit": limit}
        return [_activity(row) for row in await self._database.rows(_NEWEST, values, owner=owner)]


def _charge(row: asyncpg.Record) -> Charge:
    event = {name: row[name] for name in EVENT}
    event["feature"] = Feature(row["feature"])
    event["status"] = UsageStatus(row["status"])
    event["tokens_source"] = TokensSource(row["tokens_source"])
    return Charge(UsageEvent(**event), row["price_id"], row["cost"])


def _activity(row: asyncpg.Record) -> Activity:
    kinds = {"action": ActivityKind(row["action"]), "status": ActivityStatus(row["status"])}
    return Activity(**{**row, **kinds})
