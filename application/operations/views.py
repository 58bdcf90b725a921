"""How the system is, as its operators see it."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from msgspec import Struct

from application.files.exports import StorageHealth
from application.knowledge.exports import EmbeddingSetView, OrphansView


class Word(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"


class Health(Struct, frozen=True):
    """The process answers; nothing else was asked."""

    status: Word
    version: str
    service: str


class Welcome(Struct, frozen=True):
    """What a newcomer sees at the root: where everything else is. `docs`, `redoc` and `openapi` are
    None where the documentation is switched off."""

    service: str
    version: str
    status: Literal["running"]
    docs: str | None
    redoc: str | None
    openapi: str | None
    health: str
    problems: str
    first_step: str


class DatabaseHealth(Struct, frozen=True):
    status: Word
    database: Literal["connected"]


class QueueHealth(Struct, frozen=True):
    """`waiting` jobs, of which the oldest has waited `oldest_seconds`; `held` have given up."""

    waiting: int
    oldest_seconds: float
    held: int


class RecallHealth(Struct, frozen=True):
    """The share of what is nearest that the index of an embedding set found of `compared` vectors."""

    embedding_set: str
    recall: float
    compared: int
    measured_at: datetime


class DetailedHealth(Struct, frozen=True):
    """`queue`, `embedding_sets` and `orphans` are None when the database, whose parts they are, does not
    answer; so is `storage` as long as it never did. `embeddings` names the set that the settings ask for."""

    status: Word
    version: str
    service: str
    environment: str
    database: Literal["connected", "unavailable"]
    queue: QueueHealth | None
    storage: StorageHealth | None
    embeddings: str | None
    embedding_sets: list[EmbeddingSetView] | None
    recall: list[RecallHealth]
    orphans: OrphansView | None
