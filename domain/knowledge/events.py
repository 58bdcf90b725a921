"""What has become true of a document. Ingestion is a chain of these, each with one follower."""

from dataclasses import dataclass
from uuid import UUID

from domain.shared.ids import DocumentId, UserId, VersionId


@dataclass(frozen=True, slots=True)
class DocumentUploaded:
    id: UUID
    user_id: UserId
    version_id: VersionId


@dataclass(frozen=True, slots=True)
class TextExtracted:
    id: UUID
    user_id: UserId
    version_id: VersionId


@dataclass(frozen=True, slots=True)
class TextChunked:
    id: UUID
    user_id: UserId
    version_id: VersionId


@dataclass(frozen=True, slots=True)
class TermsIndexed:
    id: UUID
    user_id: UserId
    version_id: VersionId


@dataclass(frozen=True, slots=True)
class ChunksEmbedded:
    id: UUID
    user_id: UserId
    version_id: VersionId


@dataclass(frozen=True, slots=True)
class DocumentRenamed:
    id: UUID
    user_id: UserId
    document_id: DocumentId


@dataclass(frozen=True, slots=True)
class VersionSuperseded:
    id: UUID
    user_id: UserId
    document_id: DocumentId


@dataclass(frozen=True, slots=True)
class DocumentDeleted:
    id: UUID
    user_id: UserId
    document_id: DocumentId


@dataclass(frozen=True, slots=True)
class DocumentCompleted:
    id: UUID
    user_id: UserId
    version_id: VersionId


@dataclass(frozen=True, slots=True)
class DocumentFailed:
    id: UUID
    user_id: UserId
    version_id: VersionId
