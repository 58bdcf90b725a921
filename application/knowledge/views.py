"""What knowledge shows to a caller."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from application.knowledge.filters import Filter
from application.shared.text import Text
from domain.knowledge.document import Failure, Status, Step
from domain.knowledge.embedding import SetState
from domain.knowledge.metadata import Category
from domain.shared.ids import ChunkId, DocumentId, UserId, VersionId


class ProcessingError(Struct, frozen=True):
    code: Failure
    detail: str


class FormatView(Struct, frozen=True):
    """A kind of file that may be uploaded, by the end of its name; `extension` begins with a dot."""

    extension: str
    media_type: str
    max_bytes: int


class DocumentView(Struct, frozen=True):
    """`file_size` is in bytes; `file_type` is an extension without its dot. Author, language,
    dates and page count are what the file says of itself. `processing_…` tells of the newest
    `version`; all else is of `served_version`, null until the first is read."""

    id: DocumentId
    user_id: UserId
    title: str
    category: Category
    jurisdiction: str | None
    practice_area: str | None
    keywords: list[str]
    author: str | None
    language: str | None
    authored_at: datetime | None
    modified_at: datetime | None
    page_count: int | None
    original_filename: str
    file_type: str
    file_size: int
    sha256: str
    version: int
    served_version: int | None
    processing_status: Status
    processing_step: Step | None
    processing_done: int
    processing_total: int
    processing_error: ProcessingError | None
    chunk_count: int
    created_at: datetime
    updated_at: datetime


class DocumentOrder(StrEnum):
    """`-` is downwards: `-created_at` is newest first."""

    CREATED = "created_at"
    NEWEST = "-created_at"
    UPDATED = "updated_at"
    UPDATED_DOWN = "-updated_at"
    TITLE = "title"
    TITLE_DOWN = "-title"

    @property
    def field(self) -> str:
        return self.removeprefix("-")

    @property
    def down(self) -> bool:
        return self.startswith("-")


class DocumentFilter(Struct, frozen=True):
    """Which documents; None does not ask, and case never counts. `text` is a part of the title or
    of the file's name."""

    status: Status | None = None
    category: Category | None = None
    jurisdiction: str | None = None
    practice_area: str | None = None
    keyword: str | None = None
    file_type: str | None = None
    text: str | None = None
    sort: DocumentOrder = DocumentOrder.NEWEST


class StatusView(Struct, frozen=True):
    """How far the newest `version` is: `processing_done` of `processing_total` units of
    `processing_step`. Meanwhile, and when it fails, `served_version` is what is read and found."""

    version: int
    served_version: int | None
    processing_status: Status
    processing_step: Step | None
    processing_done: int
    processing_total: int
    processing_error: ProcessingError | None
    updated_at: datetime

    @property
    def ended(self) -> bool:
        return self.processing_status in (Status.COMPLETED, Status.FAILED)


class PageView(Struct, frozen=True):
    """`content[start:end]` is the page; offsets are code points."""

    page: int
    start: int
    end: int


class ContentView(Struct, frozen=True):
    """The canonical text, in whose code points every offset counts, from `start` to `end`.
    `sha256` is that of the whole text."""

    content: str
    start: int
    end: int
    sha256: str
    pages: list[PageView]


class ChunkView(Struct, frozen=True):
    id: ChunkId
    ordinal: int
    page: int
    start: int
    end: int
    heading: str | None
    content: str


class Mode(StrEnum):
    HYBRID = "hybrid"
    LEXICAL = "lexical"
    SEMANTIC = "semantic"


type Asked = Annotated[Text, Meta(min_length=1, max_length=2000)]
type Limit = Annotated[int, Meta(ge=1, le=50)]


class Query(Struct, frozen=True, forbid_unknown_fields=True):
    """What to look for, in all of one's documents or in those named. `"quoted phrases"` must be in a
    passage, `-words` must not. `explain` shows how each passage came by its place."""

    query: Asked
    document_ids: Annotated[list[UUID], Meta(max_length=100)] | None = None
    limit: Limit = 10
    mode: Mode = Mode.HYBRID
    filters: Filter | None = None
    explain: bool = False


class SentenceView(Struct, frozen=True):
    """The document's `content[start:end]`, which begins on `page`."""

    page: int
    start: int
    end: int


class Legs(Struct, frozen=True):
    """The passage's rank in each list, from 1; None where the list does not have it."""

    lexical: int | None
    semantic: int | None


class TermScore(Struct, frozen=True):
    """A term that the query has `times` times and the passage `tf` times, and what it adds to the
    passage's BM25 score."""

    term: str
    times: int
    idf: float
    tf: int
    score: float


class Share(Struct, frozen=True):
    """What a list adds to the fused score: `weight / (60 + rank)`."""

    leg: Literal["lexical", "semantic"]
    rank: int
    weight: float
    share: float


class Explanation(Struct, frozen=True):
    """How a passage came by its place. `distance` is one less the cosine of the query's vector and
    the passage's, None where they were not compared."""

    terms: list[TermScore]
    bm25: float
    distance: float | None
    fusion: list[Share]


class Hit(Struct, frozen=True):
    """A passage: the document's `content[start:end]` is `text`. `best_sentence` is the one of
    `sentences` that has most of the query's words."""

    document_id: DocumentId
    document_title: str
    version_id: VersionId
    version_sha256: str
    chunk_id: ChunkId
    page: int
    start: int
    end: int
    heading: str | None
    text: str
    sentences: list[SentenceView]
    best_sentence: SentenceView
    score: float
    legs: Legs
    explanation: Explanation | None = None


class Comparison(StrEnum):
    """How the query's vector met those of the passages: each of them, or by the index."""

    EXACT = "exact"
    HNSW = "hnsw"


class Plan(Struct, frozen=True):
    """How the passages were found. `passages` were in scope; `configurations` are how their words
    were read; `semantic` is None when no vectors were compared; `fallback`: the index had too few,
    so that all were compared; `widened`: a few documents had taken all the places, so that each got
    only its best ones."""

    passages: int
    configurations: list[str]
    semantic: Comparison | None
    fallback: bool
    widened: bool


class Findings(Struct, frozen=True):
    """What an index found, best first, and how."""

    hits: list[Hit]
    plan: Plan


class Found(Struct, frozen=True):
    """`semantic` tells whether meaning was compared, or only words; `plan` is for `explain`."""

    items: list[Hit]
    elapsed_ms: float
    semantic: bool
    plan: Plan | None = None


class EmbeddingSetView(Struct, frozen=True):
    """The vectors of one model: `done` of `total` passages have theirs, some seconds ago; `failed`
    versions cannot be embedded and are set aside, to be tried again once a day. The `active` set is
    asked, the `building` one will be, a `retired` one goes."""

    name: str
    dimensions: int
    state: SetState
    done: int
    total: int
    failed: int


class OrphansView(Struct, frozen=True):
    """What should be gone, and is not: `files` of no version; `versions` that were deleted or
    superseded, and their `texts`, `chunks`, `postings` and `vectors`. All are 0 in a sound system."""

    files: int
    versions: int
    texts: int
    chunks: int
    postings: int
    vectors: int
