"""What is kept of a user, kind by kind, for export and erasure. The log of what was done and the
account itself stay."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from adapters.memory.store import Key, Store
from application.analytics.ports import AnalyticsRecords
from application.conversations.ports import ConversationRecords
from application.files.ports import FileRecords
from application.identity.ports import AccountRecords
from application.knowledge.ports import KnowledgeRecords
from application.mail.ports import MailRecords
from application.models.ports import ModelRecords
from application.shared.records import Record
from domain.analytics.activity import Activity
from domain.analytics.usage import Charge
from domain.conversations.conversation import Conversation
from domain.conversations.message import Message
from domain.files.file import StorageKey, StoredFile
from domain.identity.api_key import ApiKey
from domain.identity.audit import Entry
from domain.identity.consent import Consent, ConsentEvent
from domain.identity.oauth import OAuthConnection
from domain.identity.one_time_token import OneTimeToken
from domain.identity.session import Session
from domain.identity.user import User
from domain.knowledge.document import Document, Version
from domain.mail.letter import OutgoingMail
from domain.models.egress import EgressEvent

# As on Postgres: a secret, or bytes, which are hashes or encrypted.
_HIDDEN = {
    "password",
    "family_key",
    "token_hash",
    "parent_hash",
    "hash",
    "payload",
    "letter",
    "fingerprint",
}


class MemoryRecords:
    """`shown` names the kinds that are shown; everything of `modules` is erased."""

    shown: dict[str, type] = {}  # noqa: RUF012  nobody changes it
    modules: tuple[str, ...] = ()

    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self, owner: UUID) -> dict[str, list[Record]]:
        return {name: self._records(kind, owner) for name, kind in self.shown.items()}

    async def erase(self, owner: UUID) -> None:
        for kind, table in self._store.tables.items():
            if kind is not User and kind.__module__.startswith(self.modules):
                for key in [key for key, value in table.items() if _owner(key, value) == owner]:
                    del table[key]

    def _records(self, kind: type, owner: UUID) -> list[Record]:
        table: dict[Key, Any] = self._store.table(kind)
        return [_record(value) for key, value in table.items() if _owner(key, value) == owner]


class MemoryAccountRecords(MemoryRecords):
    shown = {  # noqa: RUF012
        "users": User,
        "sessions": Session,
        "one_time_tokens": OneTimeToken,
        "oauth_connections": OAuthConnection,
        "api_keys": ApiKey,
        "consents": Consent,
        "consent_events": ConsentEvent,
    }
    modules = ("domain.identity",)

    async def read(self, owner: UUID) -> dict[str, list[Record]]:
        entries = self._store.table(Entry).values()
        mine = [
            asdict(e.event) | {"number": e.number} for e in entries if e.event.actor_id == owner
        ]
        return await super().read(owner) | {"audit_events": mine}


class MemoryFileRecords(MemoryRecords):
    shown = {"stored_files": StoredFile}  # noqa: RUF012
    modules = ("domain.files",)

    async def keys(self, owner: UUID) -> list[StorageKey]:
        files = self._store.table(StoredFile).values()
        return [file.storage_key for file in files if file.user_id == owner]


class MemoryKnowledgeRecords(MemoryRecords):
    shown = {"documents": Document, "document_versions": Version}  # noqa: RUF012
    modules = ("domain.knowledge", "adapters.memory.knowledge.search")


class MemoryConversationRecords(MemoryRecords):
    shown = {"conversations": Conversation, "messages": Message}  # noqa: RUF012
    modules = ("domain.conversations", "adapters.memory.conversations")


def _owner(key: Key, value: Any) -> UUID | None:
    owner: UUID | None = getattr(value, "user_id", key[0])
    return owner


def _record(value: Any) -> Record:
    return {
        name: one.isoformat() if isinstance(one, datetime) else one
        for name, one in asdict(value).items()
        if name not in _HIDDEN
    }


class MemoryMailRecords(MemoryRecords):
    shown = {"outgoing_mails": OutgoingMail}  # noqa: RUF012
    modules = ("domain.mail",)


class MemoryAnalyticsRecords(MemoryRecords):
    shown = {"usage_events": Charge, "activities": Activity}  # noqa: RUF012
    modules = ("domain.analytics", "adapters.memory.analytics")


class MemoryModelRecords(MemoryRecords):
    shown = {"egress_events": EgressEvent}  # noqa: RUF012
    modules = ("domain.models",)


PORTS: dict[type, type] = {
    AnalyticsRecords: MemoryAnalyticsRecords,
    AccountRecords: MemoryAccountRecords,
    ConversationRecords: MemoryConversationRecords,
    FileRecords: MemoryFileRecords,
    KnowledgeRecords: MemoryKnowledgeRecords,
    MailRecords: MemoryMailRecords,
    ModelRecords: MemoryModelRecords,
}
