from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables.base import HalfVector, at, belongs, metadata, owner
from adapters.postgres.tables.identity import users

documents = Table(
    "documents",
    metadata,
    *owner(),
    Column("title", String(500), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("file_type", String(20), nullable=False),
    Column("category", String(20), nullable=False, server_default="other"),
    Column("jurisdiction", String(100)),
    Column("practice_area", String(100)),
    Column("author", String(500)),
    Column("language", String(35)),  # BCP 47
    at("authored_at", nullable=True),
    at("modified_at", nullable=True),
    Column("page_count", Integer),
    Column("current_version_id", Uuid),
    at("created_at"),
    at("updated_at"),
    at("deleted_at", nullable=True),
    CheckConstraint(
        "category IN ('contract', 'case_law', 'statute', 'regulation', 'brief', 'policy', "
        "'resume', 'other')",
        name="category",
    ),
    ForeignKeyConstraint(["user_id"], [users.c.id], ondelete="CASCADE"),
    ForeignKeyConstraint(
        ["user_id", "current_version_id"],
        ["document_versions.user_id", "document_versions.id"],
        ondelete="SET NULL (current_version_id)",
        use_alter=True,
    ),
    Index(
        "documents_sha256_key",
        "user_id",
        "sha256",
        unique=True,
        postgresql_where=text("deleted_at IS NULL"),
    ),
)

# Not an array: row security keeps its queries from using a GIN index.
document_keywords = Table(
    "document_keywords",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("keyword", String(100), primary_key=True),
    Column("document_id", Uuid, primary_key=True),
    belongs("document_id", "documents", on_delete="CASCADE"),
    Index("document_keywords_document_idx", "user_id", "document_id"),
)

document_versions = Table(
    "document_versions",
    metadata,
    *owner(),
    Column("document_id", Uuid, nullable=False),
    Column("file_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("status", String(20), nullable=False),
    Column("step", String(20)),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("failure", String(20)),
    Column("failure_detail", Text),
    at("created_at"),
    at("updated_at"),
    belongs("document_id", "documents", on_delete="CASCADE"),
    belongs("file_id", "stored_files"),
    UniqueConstraint("user_id", "document_id", "number"),
    Index("document_versions_file_idx", "user_id", "file_id"),
)

document_texts = Table(
    "document_texts",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("version_id", Uuid, primary_key=True),
    Column("content", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("pages", JSONB, nullable=False),  # [[number, start, end], …]
    Column("headings", JSONB, nullable=False),  # [[level, start, end], …]
    Column("properties", JSONB, nullable=False, server_default=text("'{}'")),
    belongs("version_id", "document_versions", on_delete="CASCADE"),
)

chunks = Table(
    "chunks",
    metadata,
    *owner(),
    Column("document_id", Uuid, nullable=False),
    Column("version_id", Uuid, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("page", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("heading", Text),
    Column("content", Text, nullable=False),
    Column("sentences", ARRAY(Integer), nullable=False),  # page, start, end of each, in a row
    belongs("version_id", "document_versions", on_delete="CASCADE"),
    belongs("document_id", "documents", on_delete="CASCADE"),
    UniqueConstraint("user_id", "version_id", "ordinal"),
    Index("chunks_document_idx", "user_id", "document_id"),
)

# A list per term and version. Lists of bytes travel and are read as they are: an array of integers
# would be twice as long and taken apart element by element.
postings = Table(
    "postings",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("term", Text, primary_key=True),
    Column("version_id", Uuid, primary_key=True),
    # Four bytes for each chunk that has the term: its ordinal times 256, and how often it has it.
    Column("entries", LargeBinary, nullable=False),
    belongs("version_id", "document_versions", on_delete="CASCADE"),
    Index("postings_version_idx", "user_id", "version_id"),
)

version_statistics = Table(
    "version_statistics",  # of the published ones, an owner's BM25 statistics
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("version_id", Uuid, primary_key=True),
    Column("configuration", Text, nullable=False),  # the text search configuration of its words
    Column("chunks", Integer, nullable=False),
    Column("lengths", LargeBinary, nullable=False),  # two bytes a chunk: how many terms it has
    belongs("version_id", "document_versions", on_delete="CASCADE"),
)

chunk_vectors = Table(
    "chunk_vectors",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("chunk_id", Uuid, primary_key=True),
    Column("embedding_set", ForeignKey("embedding_sets.name"), primary_key=True),
    Column("version_id", Uuid, nullable=False),
    Column("embedding", HalfVector, nullable=False),
    belongs("chunk_id", "chunks", on_delete="CASCADE"),
    Index("chunk_vectors_version_idx", "user_id", "embedding_set", "version_id"),
    # And an HNSW index for each embedding set: see vector_index.py.
)

embedding_sets = Table(
    "embedding_sets",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("dimensions", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    at("created_at"),
    at("changed_at"),
    CheckConstraint("state IN ('building', 'active', 'retired')", name="state"),
    Index(
        "embedding_sets_live_key",
        "state",
        unique=True,
        postgresql_where=text("state <> 'retired'"),
    ),
)

embedding_failures = Table(
    "embedding_failures",  # of versions whose passages a model could not read
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("version_id", Uuid, primary_key=True),
    Column(
        "embedding_set", ForeignKey("embedding_sets.name", ondelete="CASCADE"), primary_key=True
    ),
    Column("tries", Integer, nullable=False),
    at("failed_at"),
    belongs("version_id", "document_versions", on_delete="CASCADE"),
)

recalls = Table(
    "recalls",  # what the index of each embedding set found, when it was last probed
    metadata,
    Column("embedding_set", String(100), primary_key=True),
    Column("recall", Float(53), nullable=False),
    Column("compared", Integer, nullable=False),
    at("measured_at"),
)
