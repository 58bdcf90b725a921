"""What is kept of a user, table by table, for export and erasure."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Column, LargeBinary, Table, bindparam, delete, select

from adapters.postgres.database import Database, Statement
from adapters.postgres.tables import analytics as counted
from adapters.postgres.tables import conversations as talk
from adapters.postgres.tables import files as stored
from adapters.postgres.tables import identity as accounts
from adapters.postgres.tables import knowledge as known
from adapters.postgres.tables import mail
from adapters.postgres.tables import models as asked
from adapters.postgres.tables.base import metadata
from application.shared.records import Record
from domain.files.file import StorageKey

# Where a table says whose its rows are, when not in `user_id`.
_OWNERS = {"users": "id", "audit_events": "actor_id"}
# Bytes are never shown: they are hashes, or encrypted. Nor is what is a secret as text.
_SECRET = {accounts.users.c.password}


class _Shown:
    """A table's rows of one owner, as JSON-able records without secrets."""

    def __init__(self, table: Table) -> None:
        self.name = table.name
        columns = [c for c in table.c if not isinstance(c.type, LargeBinary) and c not in _SECRET]
        mine = select(*columns).where(_owner_of(table) == bindparam("owner"))
        self.statement = Statement(mine.order_by(*table.primary_key.columns))

    def record(self, row: asyncpg.Record) -> Record:
        return {name: _plain(value) for name, value in row.items()}


class PostgresRecords:
    """A context's tables: those that are shown, and those that are erased."""

    shown: tuple[_Shown, ...] = ()
    erased: tuple[Statement, ...] = ()

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, owner: UUID) -> dict[str, list[Record]]:
        found = {}
        for table in self.shown:
            rows = await self._database.rows(table.statement, {"owner": owner}, owner=owner)
            found[table.name] = [table.record(row) for row in rows]
        return found

    async def erase(self, owner: UUID) -> None:
        for statement in self.erased:
            await self._database.row(statement, {"owner": owner}, owner=owner)


def _shown(*tables: Table) -> tuple[_Shown, ...]:
    return tuple(_Shown(table) for table in tables)


def _erased(*tables: Table) -> tuple[Statement, ...]:
    """What refers to something goes before it."""
    last_first = [table for table in reversed(metadata.sorted_tables) if table in tables]
    return tuple(
        Statement(delete(table).where(_owner_of(table) == bindparam("owner")))
        for table in last_first
    )


def _owner_of(table: Table) -> Column[Any]:
    return table.c[_OWNERS.get(table.name, "user_id")]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


class PostgresAccountRecords(PostgresRecords):
    shown = _shown(
        accounts.users,
        accounts.sessions,
        accounts.one_time_tokens,
        accounts.oauth_connections,
        accounts.api_keys,
        accounts.consents,
        accounts.consent_events,
        accounts.audit_events,
    )
    erased = _erased(
        accounts.sessions,
        accounts.one_time_tokens,
        accounts.oauth_connections,
        accounts.api_keys,
        accounts.consents,
        accounts.consent_events,
        accounts.idempotency_keys,
    )


class PostgresFileRecords(PostgresRecords):
    shown = _shown(stored.stored_files)
    erased = _erased(stored.stored_files)
    _KEYS = Statement(
        select(stored.stored_files.c.storage_key).where(
            stored.stored_files.c.user_id == bindparam("owner")
        )
    )

    async def keys(self, owner: UUID) -> list[StorageKey]:
        rows = await self._database.rows(self._KEYS, {"owner": owner}, owner=owner)
        return [StorageKey(row["storage_key"]) for row in rows]


class PostgresKnowledgeRecords(PostgresRecords):
    shown = _shown(known.documents, known.document_keywords, known.document_versions)
    erased = _erased(
        known.documents,
        known.document_keywords,
        known.document_versions,
        known.document_texts,
        known.chunks,
        known.postings,
        known.version_statistics,
        known.chunk_vectors,
        known.embedding_failures,
    )


class PostgresConversationRecords(PostgresRecords):
    shown = _shown(talk.conversations, talk.messages)
    erased = _erased(talk.conversations, talk.messages, talk.message_events)


class PostgresMailRecords(PostgresRecords):
    shown = _shown(mail.outgoing_mails)
    erased = _erased(mail.outgoing_mails)


class PostgresAnalyticsRecords(PostgresRecords):
    shown = _shown(counted.usage_events, counted.activities)
    erased = _erased(
        counted.ai_budgets,
        counted.usage_reservations,
        counted.activities,
        counted.usage_buckets,
        counted.dirty_buckets,
    )


class PostgresModelRecords(PostgresRecords):
    shown = _shown(asked.egress_events)
