from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.knowledge.metadata import Category
from domain.shared.errors import Conflict
from domain.shared.ids import DocumentId, FileId, UserId, VersionId


class Status(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class Step(StrEnum):
    """What ingestion does with a version, in this order."""

    EXTRACT = "extract"
    CHUNK = "chunk"
    INDEX = "index"
    EMBED = "embed"
    PUBLISH = "publish"


class Failure(StrEnum):
    """Why a version can never be read."""

    ENCRYPTED = "encrypted"
    NO_TEXT = "no_text"
    CORRUPT = "corrupt"
    TOO_LARGE = "too_large"
    TIMEOUT = "timeout"
    UNSUPPORTED = "unsupported"
    INTERNAL = "internal"


class DocumentExists(Conflict): ...


class DocumentNotReady(Conflict): ...


class DocumentNotFailed(Conflict): ...


class ExtractionFailed(Exception):
    """The document's own fault, so trying again would not help."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(detail)
        self.failure = failure
        self.detail = detail


@dataclass(slots=True, kw_only=True)
class Document:
    """Something a user wants to ask questions of. Readers see only its current version."""

    id: DocumentId
    user_id: UserId
    title: str
    sha256: str  # of the newest bytes: an owner has them once
    file_type: str  # pdf, docx
    category: Category = Category.OTHER
    jurisdiction: str | None = None
    practice_area: str | None = None
    keywords: tuple[str, ...] = ()
    author: str | None = None
    language: str | None = None  # BCP 47
    authored_at: datetime | None = None
    modified_at: datetime | None = None
    page_count: int | None = None
    current_version_id: VersionId | None = None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None

    def revise(self, changes: Mapping[str, Any], at: datetime) -> None:
        """Take over fields that were checked before."""
        for name, value in changes.items():
            setattr(self, name, value)
        self.updated_at = at


@dataclass(slots=True, kw_only=True)
class Version:
    """One set of bytes of a document on its way through ingestion.

    `step` is what has to be done next, None once published. Jobs are delivered at least once:
    whoever finishes a step that is already behind finds out here, and does nothing.
    """

    id: VersionId
    user_id: UserId
    document_id: DocumentId
    file_id: FileId
    number: int
    status: Status = Status.PENDING
    step: Step | None = Step.EXTRACT
    done: int = 0
    total: int = 0
    failure: Failure | None = None
    failure_detail: str | None = None
    created_at: datetime
    updated_at: datetime

    def awaits(self, step: Step) -> bool:
        return self.step is step and self.status is not Status.FAILED

    def begin(self, step: Step, total: int, at: datetime) -> None:
        """`total` is what there is to do in this step: pages, chunks."""
        if self.step is not step or self.total != total:
            self.step, self.done, self.total = step, 0, total
        self.status, self.updated_at = Status.PROCESSING, at

    def finish(self, step: Step, at: datetime) -> None:
        """On to the next step, or to the end."""
        steps = list(Step)
        last = step is steps[-1]
        self.step = None if last else steps[steps.index(step) + 1]
        self.status = Status.COMPLETED if last else Status.PROCESSING
        self.done = self.total = 0
        self.updated_at = at

    def fail(self, failure: Failure, detail: str, at: datetime) -> None:
        self.status, self.failure, self.failure_detail = Status.FAILED, failure, detail
        self.updated_at = at

    def restart(self, at: datetime) -> None:
        """From the first step: every step replaces what an earlier try left."""
        self.status, self.step, self.done, self.total = Status.PENDING, Step.EXTRACT, 0, 0
        self.failure = self.failure_detail = None
        self.updated_at = at
