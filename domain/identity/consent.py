"""What a user allows, purpose by purpose: nothing that was not asked for, nothing for ever."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.shared.errors import Forbidden, Invalid
from domain.shared.ids import UserId


class Purpose(StrEnum):
    AI_EXTERNAL_DOCUMENTS = "ai_external.documents"
    AI_EXTERNAL_CAREER = "ai_external.career"
    AI_EXTERNAL_WELLNESS = "ai_external.wellness"
    WELLNESS_DATA = "wellness.data"
    WELLNESS_EMBEDDING = "wellness.embedding"
    WELLNESS_CRISIS_SCAN = "wellness.crisis_scan"
    EMAIL_IMPORT = "email.import"
    EMAIL_SEND = "email.send"
    MARKETING = "marketing"


class Action(StrEnum):
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


class ConsentRequired(Forbidden):
    """The user has not allowed this, or not any more."""


class UnknownNotice(Invalid):
    """Nobody has been shown a notice of this version."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a user was told. A text that changes gets another version, and is asked about anew."""

    version: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(slots=True, kw_only=True)
class Consent:
    """A user's present decision on one purpose."""

    user_id: UserId
    purpose: Purpose
    granted: bool
    granted_at: datetime | None = None
    withdrawn_at: datetime | None = None
    notice_version: str | None = None
    address: str | None = None
    user_agent: str | None = None
    updated_at: datetime

    @property
    def holds(self) -> bool:
        """Granted, by somebody who was told what is told today."""
        return self.granted and self.notice_version == NOTICES[self.purpose].version


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvent:
    """One decision, as it was made. Never changed."""

    user_id: UserId
    id: UUID
    purpose: Purpose
    action: Action
    notice_version: str | None
    notice_sha256: str | None
    address: str | None
    user_agent: str | None
    source: str
    at: datetime


_FIRST = "2026-11"
NOTICES = {
    Purpose.AI_EXTERNAL_DOCUMENTS: Notice(
        "2026-11-25",
        "Your questions, the passages of your documents that fit them and, where this server "
        "has no model of its own that finds them, all passages are sent to the model provider "
        "that this server is configured with, so that it finds passages and writes answers. "
        "Without this, passages are found by their words, and answers are made on this server "
        "from your documents' own sentences.",
    ),
    Purpose.AI_EXTERNAL_CAREER: Notice(
        _FIRST,
        "Your resume, the postings you save and what you write to apply are sent to the model "
        "provider that this server is configured with, when you ask for help with them.",
    ),
    Purpose.AI_EXTERNAL_WELLNESS: Notice(
        _FIRST,
        "What you write about how you feel is sent to the model provider that this server is "
        "configured with, when you ask for a reply.",
    ),
    Purpose.WELLNESS_DATA: Notice(
        _FIRST,
        "What you record of your mood and in your journal is kept on this server: the journal "
        "is encrypted. It is data about your health.",
    ),
    Purpose.WELLNESS_EMBEDDING: Notice(
        _FIRST,
        "Your journal is turned into vectors on this server, so that you can search it by "
        "meaning. Vectors tell something of the text they were made of.",
    ),
    Purpose.WELLNESS_CRISIS_SCAN: Notice(
        _FIRST,
        "What you write is looked through on this server for signs of a crisis, to show you "
        "where to find help. Nobody is told.",
    ),
    Purpose.EMAIL_IMPORT: Notice(
        _FIRST,
        "Messages about your applications are read from the mailbox that you connect, and kept "
        "with the application they belong to.",
    ),
    Purpose.EMAIL_SEND: Notice(
        _FIRST,
        "The workflows that you start may send you mail.",
    ),
    Purpose.MARKETING: Notice(
        _FIRST,
        "We may write to you about what is new.",
    ),
}


def notice(purpose: Purpose, version: str | None) -> Notice:
    """The notice of that version, or the present one. Raises UnknownNotice."""
    present = NOTICES[purpose]
    if version not in (None, present.version):
        raise UnknownNotice(f"the notice for {purpose} has the version {present.version}")
    return present
