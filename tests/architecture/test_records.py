"""Nothing of a person's is forgotten when they take everything along, or when we forget them: every
table with an owner is filled by what its columns are, so a new one is noticed here."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from dishka import AsyncContainer
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Table,
    Uuid,
    bindparam,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.database import Database, Statement
from adapters.postgres.pool import Pool
from adapters.postgres.tables import metadata
from adapters.postgres.tables.base import HalfVector
from application.analytics import exports as analytics
from application.conversations import exports as conversations
from application.files import exports as files
from application.identity import exports as identity
from application.identity.deletion import PurgeAccounts
from application.identity.export import ExportAccount
from application.knowledge import exports as knowledge
from application.mail import exports as mail
from application.models import exports as models
from application.shared.actor import EVERYTHING_OWN, Actor
from application.shared.ports import Clock, Ids, Outbox, Transaction
from domain.identity.user import RESTORABLE
from domain.shared.ids import UserId

_FROM_FILES = "was made of a file's bytes, which its owner may download"
_COUNTED = "counts what usage events and activities tell one by one"
NOT_SHOWN = {
    "ai_budgets": _COUNTED,
    "chunk_vectors": _FROM_FILES,
    "chunks": _FROM_FILES,
    "dirty_buckets": _COUNTED,
    "document_texts": _FROM_FILES,
    "embedding_failures": "says which versions a model could not read, until it can",
    "idempotency_keys": "repeats an answer that its owner got, for a day",
    "message_events": "repeats, for a day, what messages say",
    "postings": _FROM_FILES,
    "usage_buckets": _COUNTED,
    "usage_reservations": "ends within the hour, as a usage event",
    "version_statistics": _FROM_FILES,
}
NOT_ERASED = {
    "egress_events": "only grows: the account takes it along",
    "audit_events": "holds ids only, and would not be worth the name",
    "usage_events": "only grows: the account takes it along",
    "users": "goes last",
}
# What the checks of a table leave no choice about.
FIXED: dict[tuple[str, str], Any] = {
    ("audit_events", "outcome"): "success",
    ("chunk_vectors", "embedding_set"): "minilm-l6-v2-int8",
    ("consent_events", "action"): "granted",
    ("documents", "category"): "contract",
    ("embedding_failures", "embedding_set"): "minilm-l6-v2-int8",
    ("egress_events", "object_ids"): [],
    ("one_time_tokens", "purpose"): "password_reset",
    ("users", "data_retention_days"): 90,
    ("users", "deleted_at"): None,
}
SECRET = "5ecre7"
OWNERS = {"users": "id", "audit_events": "actor_id"}
TABLES = [t for t in metadata.sorted_tables if "user_id" in t.c or t.name in OWNERS]


def owner_of(table: Table) -> Column[Any]:
    return table.c[OWNERS.get(table.name, "user_id")]


async def a_full_account(world: AsyncContainer) -> UserId:
    """Somebody of whom every table has a row."""
    pool, owner = await world.get(Pool), UserId(uuid4())
    made: dict[str, dict[str, Any]] = {}
    for table in TABLES:
        made[table.name] = {c.name: await a_value(world, c, owner, made) for c in table.c}
        statement = Statement(insert(table), tuple(made[table.name]))
        await Database(pool).row(statement, made[table.name], owner=owner)
    return owner


async def a_value(
    world: AsyncContainer, column: Column[Any], owner: UUID, made: dict[str, dict[str, Any]]
) -> Any:
    table, name = column.table.name, column.name
    if (table, name) in FIXED:
        return FIXED[table, name]
    if column is owner_of(column.table):
        return owner
    for key in column.foreign_keys:
        # None for what refers to a later table, or to its own.
        return made.get(key.column.table.name, {}).get(key.column.name)
    if name == "number":
        counted = Statement(select(func.count()).select_from(metadata.tables["audit_events"]))
        (row,) = await Database(await world.get(Pool)).rows(counted)
        return row[0] + 1
    if (table, name) == ("users", "password"):
        return SECRET
    return of_type(column, (await world.get(Clock)).now())


def of_type(column: Column[Any], now: Any) -> Any:
    match column.type:
        case Uuid():
            return uuid4()
        case DateTime():
            return now
        case Date():
            return now.date()
        case Numeric():
            return Decimal(1)
        case Boolean():
            return True
        case BigInteger() | Integer():
            return 1
        case LargeBinary():
            return SECRET.encode() + uuid4().bytes
        case ARRAY():
            return [1] if isinstance(column.type.item_type, Integer) else ["documents"]
        case JSONB():
            return {} if column.name in ("preferences", "properties") else []
        case HalfVector():
            return [0.1] * 384
        case String():
            return f"{column.name} {uuid4()}"[: column.type.length or 100]
        case other:
            raise NotImplementedError(f"say here what a {other!r} may hold")


async def kept(world: AsyncContainer, owner: UUID) -> dict[str, int]:
    """How many rows of theirs each table has."""
    found = {}
    for table in TABLES:
        mine = select(func.count()).where(owner_of(table) == bindparam("owner"))
        pool = await world.get(Pool)
        (row,) = await Database(pool).rows(Statement(mine), {"owner": owner}, owner=owner)
        found[table.name] = row[0]
    return found


async def erase(world: AsyncContainer, owner: UserId) -> None:
    async with world() as request, await request.get(Transaction):
        outbox, ids = await request.get(Outbox), await request.get(Ids)
        await conversations.erase(owner, await request.get(conversations.ConversationRecords))
        await knowledge.erase(owner, await request.get(knowledge.KnowledgeRecords))
        await files.erase(owner, await request.get(files.FileRecords), outbox, ids)
        await mail.erase(owner, await request.get(mail.MailRecords))
        await analytics.erase(owner, await request.get(analytics.AnalyticsRecords))
        await models.erase(owner, await request.get(models.ModelRecords))
        await identity.erase(owner, await request.get(identity.AccountRecords))


async def test_an_export_names_every_table_of_ones_own_and_no_secret(
    postgres: AsyncContainer,
) -> None:
    ada, bob = await a_full_account(postgres), await a_full_account(postgres)
    async with postgres() as request:
        made = await (await request.get(ExportAccount))(Actor(ada, EVERYTHING_OWN))
    kinds = (
        made.identity
        | made.files
        | made.knowledge
        | made.conversations
        | made.mail
        | made.analytics
        | made.models
    )
    assert {*kinds, *NOT_SHOWN} == {table.name for table in TABLES}
    assert not {*kinds} & {*NOT_SHOWN}
    assert {name: len(records) for name, records in kinds.items()} == dict.fromkeys(kinds, 1)

    shown = msgspec.json.encode(made).decode()
    assert str(ada) in shown
    assert str(bob) not in shown
    assert SECRET not in shown


async def test_erasing_leaves_nothing_of_theirs_and_all_of_others(
    postgres: AsyncContainer,
) -> None:
    ada, bob = await a_full_account(postgres), await a_full_account(postgres)
    before = await kept(postgres, bob)
    assert set(before.values()) == {1}

    await erase(postgres, ada)

    left = {name for name, count in (await kept(postgres, ada)).items() if count}
    assert left == {*NOT_ERASED}
    assert await kept(postgres, bob) == before


async def test_a_purge_takes_the_account_and_the_bytes_of_its_files(
    postgres: AsyncContainer, database: str
) -> None:
    ada, bob, eve = [await a_full_account(postgres) for _ in range(3)]
    now = (await postgres.get(Clock)).now()
    pool = await postgres.get(Pool)
    users = metadata.tables["users"]
    gone = Statement(
        users.update().where(users.c.id == bindparam("owner")).values(deleted_at=bindparam("at"))
    )
    await Database(pool).row(gone, {"owner": ada, "at": now - RESTORABLE})
    await Database(pool).row(gone, {"owner": eve, "at": now - RESTORABLE / 2})

    async with postgres() as request:
        assert await (await request.get(PurgeAccounts))() == 1
    async with postgres() as request:
        assert await (await request.get(PurgeAccounts))() == 0

    left = {name for name, count in (await kept(postgres, ada)).items() if count}
    assert left == {"audit_events"}
    for other in (bob, eve):
        assert set((await kept(postgres, other)).values()) == {1}
    assert await jobs(database) == ["RemoveBytes"]
    assert await last_audited(pool) == ("account.purged", ada)


async def jobs(url: str) -> list[str]:
    connection = await asyncpg.connect(url, ssl=False)
    rows = await connection.fetch("SELECT entrypoint FROM jobs.pgqueuer")
    await connection.close()
    return [row["entrypoint"] for row in rows]


async def last_audited(pool: Pool) -> tuple[str, UUID]:
    log = metadata.tables["audit_events"]
    newest = select(log.c.action, log.c.object_id).order_by(log.c.number.desc()).limit(1)
    (row,) = await Database(pool).rows(Statement(newest))
    return row["action"], row["object_id"]


@pytest.mark.parametrize("names", [NOT_SHOWN, NOT_ERASED])
def test_every_exception_is_a_table(names: dict[str, str]) -> None:
    assert {*names} <= {table.name for table in TABLES}
