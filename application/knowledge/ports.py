from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

from application.knowledge.views import (
    ChunkView,
    ContentView,
    DocumentFilter,
    DocumentView,
    Findings,
    Query,
    StatusView,
)
from application.shared.page import CursorPaging, Page, PageRequest, UncountedListing
from application.shared.records import Records
from domain.knowledge.chunk import Chunk
from domain.knowledge.document import Document, Version
from domain.knowledge.text import CanonicalText, Extracted, Properties
from domain.shared.ids import ChunkId, DocumentId, FileId, UserId, VersionId
from domain.shared.span import Span

type Vector = Sequence[float]


@dataclass(frozen=True, slots=True)
class Embedding:
    """A vector, which can be compared with those of its own set only."""

    embedding_set: str
    vector: Vector


class Documents(Protocol):
    async def add(self, document: Document) -> None:
        """Raises DocumentExists when the owner has a live document with these bytes."""
        ...

    async def get(self, owner: UserId, document_id: DocumentId) -> Document:
        """Locked until the running transaction ends. Raises NotFound, also for a deleted one."""
        ...

    async def with_bytes(self, owner: UserId, sha256: str) -> Document:
        """The owner's live document of these bytes, locked. Raises NotFound."""
        ...

    async def save(self, document: Document) -> None:
        """Raises DocumentExists when another live document of the owner has its bytes."""
        ...

    async def purge(self, owner: UserId, document_id: DocumentId) -> list[FileId]:
        """Remove a deleted document, its versions and all that ingestion made of them, and tell
        which files nobody refers to now. A document that is gone already has none."""
        ...


class Versions(Protocol):
    """Whoever locks a document and a version locks the document first."""

    async def add(self, version: Version) -> None: ...

    async def get(self, owner: UserId, version_id: VersionId) -> Version:
        """Locked until the running transaction ends. Raises NotFound, also when its document is
        deleted or there is a newer version: nobody shall work on it any more."""
        ...

    async def newest(self, owner: UserId, document_id: DocumentId) -> Version:
        """Locked until the running transaction ends. Raises NotFound."""
        ...

    async def live(self, owner: UserId, document_id: DocumentId) -> set[VersionId]:
        """The one that is published and the newest, which may be on its way. Not locked; none of a
        document that was deleted."""
        ...

    async def save(self, version: Version) -> None: ...

    async def purge(self, owner: UserId, document_id: DocumentId) -> list[FileId]:
        """Remove those versions of a document that are neither published nor the newest, with all
        that was made of them, and tell which files nobody refers to now. The document is locked."""
        ...


class Texts(Protocol):
    """What ingestion makes of a version's bytes. Every `put` replaces what an earlier try left."""

    async def put(
        self,
        owner: UserId,
        version_id: VersionId,
        text: CanonicalText,
        properties: Properties = Properties(),  # noqa: B008  it is frozen
    ) -> None: ...

    async def properties(self, owner: UserId, version_id: VersionId) -> Properties:
        """Raises NotFound."""
        ...

    async def get(self, owner: UserId, version_id: VersionId) -> CanonicalText:
        """Raises NotFound."""
        ...

    async def put_chunks(
        self, owner: UserId, version_id: VersionId, chunks: Sequence[Chunk]
    ) -> None: ...

    async def chunks(
        self, owner: UserId, version_id: VersionId, *, start: int = 0, limit: int
    ) -> list[Chunk]:
        """In order, from ordinal `start` on."""
        ...

    async def count_chunks(self, owner: UserId, version_id: VersionId) -> int: ...


class SearchIndex(Protocol):
    async def put_terms(self, owner: UserId, version_id: VersionId) -> None:
        """Index the words of a version's chunks, and of what stands above them: the document's
        title, the heading. Replaces what was indexed before, which of two at once is what the
        first has made. A version that is gone has no words."""
        ...

    async def put_vectors(
        self, owner: UserId, embedding_set: str, vectors: Sequence[tuple[ChunkId, Vector]]
    ) -> None:
        """Replaces those there are; a chunk that is gone gets none."""
        ...

    async def require(self, owner: UserId, document_ids: Sequence[DocumentId]) -> None:
        """Raises NotFound unless each of them is a live document of the owner's."""
        ...

    async def search(self, owner: UserId, query: Query, embedding: Embedding | None) -> Findings:
        """Passages of the owner's published documents, best first. `embedding` is the query's,
        None to leave meaning out. Never fewer than min(limit, matching passages); at most 3 of a
        document unless one document is asked."""
        ...


class DocumentReader(Protocol):
    async def one(self, owner: UserId, document_id: DocumentId) -> DocumentView:
        """Raises NotFound."""
        ...

    async def page(
        self, owner: UserId, wanted: DocumentFilter, paging: CursorPaging
    ) -> UncountedListing[DocumentView]:
        """Raises CursorGone when the order has to look at the document of `after`, and it is no
        more."""
        ...

    async def status(self, owner: UserId, document_id: DocumentId) -> StatusView:
        """Raises NotFound."""
        ...

    async def content(
        self, owner: UserId, document_id: DocumentId, window: Span | None = None
    ) -> ContentView:
        """The whole text, or what of it lies within `window`. Raises NotFound, DocumentNotReady."""
        ...

    async def chunks(
        self, owner: UserId, document_id: DocumentId, request: PageRequest
    ) -> Page[ChunkView]:
        """In reading order. Raises NotFound, DocumentNotReady."""
        ...

    async def file(self, owner: UserId, document_id: DocumentId) -> FileId:
        """The bytes that are published, or will be first. Raises NotFound."""
        ...

    async def refers_to(self, owner: UserId, file_id: FileId) -> bool:
        """Whether a document that is not deleted has a version of these bytes."""
        ...


class Extractor(Protocol):
    async def extract(self, path: Path, media_type: str) -> Extracted:
        """The text and properties of the document at `path`. Whatever the document does to its
        reader (crash, endless loop, all the memory) it does to a process of its own.
        Raises ExtractionFailed."""
        ...


class Splitter(Protocol):
    def split(self, text: str, limit: int) -> list[Span]:
        """Pieces of at most `limit` code points, in order, cut where the structure of the text is
        strongest; together they hold everything but white space."""
        ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to a model as it will leave this machine: `body`, byte for byte."""

    provider: str
    model: str
    body: bytes


type Leaving = Callable[[Outgoing], Awaitable[None]]


class Egress(Protocol):
    """Of another context, which keeps account of all that leaves."""

    async def __call__(
        self, owner: UserId, attempt_id: UUID, outgoing: Outgoing, of: Collection[DocumentId]
    ) -> None:
        """Allow a request that holds texts `of` these documents, and write it down, outside any
        transaction. Raises ConsentRequired."""
        ...


class Embedder(Protocol):
    """A model that turns texts into vectors."""

    @property
    def embedding_set(self) -> str:
        """Names the model: vectors of two sets are never compared."""
        ...

    @property
    def dimensions(self) -> int: ...

    @property
    def is_external(self) -> bool:
        """Whether texts leave this machine, which their owner has to allow."""
        ...

    async def embed(self, texts: Sequence[str], leaving: Leaving, /) -> list[Vector]:
        """One vector of length 1 for each text; `leaving` is awaited before each request that
        leaves this machine. Raises Unavailable, and what `leaving` raises."""
        ...


class Models(Protocol):
    @property
    def wanted(self) -> Embedder | None:
        """The one that the settings name."""
        ...

    def of(self, embedding_set: str) -> Embedder | None:
        """The one that made the vectors of the set; None when it is not here."""
        ...


class KnowledgeRecords(Records, Protocol):
    """What is known of a user's documents. Shown are the documents and their versions: everything
    else was made of their files' bytes, and can be made again."""
