"""Files, documents, their text, passages, words and vectors.

Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from adapters.postgres.tables.base import HalfVector

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OWNED = (
    "documents",
    "stored_files",
    "document_versions",
    "chunks",
    "document_texts",
    "postings",
    "version_statistics",
    "chunk_vectors",
)


def upgrade() -> None:
    op.create_table(
        "embedding_sets",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("dimensions", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="embedding_sets_pkey"),
    )
    op.create_table(
        "documents",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("current_version_id", sa.Uuid()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="documents_user_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="documents_pkey"),
    )
    op.create_index(
        "documents_sha256_key",
        "documents",
        ["user_id", "sha256"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "stored_files",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("original_name", sa.String(length=255), nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="stored_files_user_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="stored_files_pkey"),
        sa.UniqueConstraint("storage_key", name="stored_files_storage_key_key"),
    )
    op.create_table(
        "document_versions",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("step", sa.String(length=20)),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(length=20)),
        sa.Column("failure_detail", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "document_id"],
            ["documents.user_id", "documents.id"],
            name="document_versions_user_id_document_id_fkey",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "file_id"],
            ["stored_files.user_id", "stored_files.id"],
            name="document_versions_user_id_file_id_fkey",
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="document_versions_pkey"),
        sa.UniqueConstraint(
            "user_id",
            "document_id",
            "number",
            name="document_versions_user_id_document_id_number_key",
        ),
    )
    op.create_index("document_versions_file_idx", "document_versions", ["user_id", "file_id"])
    op.create_table(
        "chunks",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("heading", sa.Text()),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sentences", sa.ARRAY(sa.Integer()), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "document_id"],
            ["documents.user_id", "documents.id"],
            name="chunks_user_id_document_id_fkey",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "version_id"],
            ["document_versions.user_id", "document_versions.id"],
            name="chunks_user_id_version_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="chunks_pkey"),
        sa.UniqueConstraint(
            "user_id", "version_id", "ordinal", name="chunks_user_id_version_id_ordinal_key"
        ),
    )
    op.create_index("chunks_document_idx", "chunks", ["user_id", "document_id"])
    op.create_table(
        "document_texts",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("pages", postgresql.JSONB(), nullable=False),
        sa.Column("headings", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "version_id"],
            ["document_versions.user_id", "document_versions.id"],
            name="document_texts_user_id_version_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "version_id", name="document_texts_pkey"),
    )
    op.create_table(
        "postings",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("ordinals", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("tfs", sa.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("dls", sa.ARRAY(sa.SmallInteger()), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "version_id"],
            ["document_versions.user_id", "document_versions.id"],
            name="postings_user_id_version_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "term", "version_id", name="postings_pkey"),
    )
    op.create_index("postings_version_idx", "postings", ["user_id", "version_id"])
    op.create_table(
        "version_statistics",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("terms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "version_id"],
            ["document_versions.user_id", "document_versions.id"],
            name="version_statistics_user_id_version_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "version_id", name="version_statistics_pkey"),
    )
    op.create_table(
        "chunk_vectors",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("chunk_id", sa.Uuid(), nullable=False),
        sa.Column("embedding_set", sa.String(length=100), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("embedding", HalfVector(), nullable=False),
        sa.ForeignKeyConstraint(
            ["embedding_set"], ["embedding_sets.name"], name="chunk_vectors_embedding_set_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "chunk_id"],
            ["chunks.user_id", "chunks.id"],
            name="chunk_vectors_user_id_chunk_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "chunk_id", "embedding_set", name="chunk_vectors_pkey"),
    )
    op.create_index(
        "chunk_vectors_minilm_idx",
        "chunk_vectors",
        [sa.literal_column("(embedding::halfvec(384))").label("vector")],
        postgresql_ops={"vector": "halfvec_cosine_ops"},
        postgresql_using="hnsw",
        postgresql_with={"m": 16, "ef_construction": 64},
        postgresql_where=sa.text("embedding_set = 'minilm-l6-v2-int8'"),
    )
    op.create_index(
        "chunk_vectors_version_idx", "chunk_vectors", ["user_id", "embedding_set", "version_id"]
    )
    op.create_foreign_key(
        "documents_user_id_current_version_id_fkey",
        "documents",
        "document_versions",
        ["user_id", "current_version_id"],
        ["user_id", "id"],
        ondelete="SET NULL (current_version_id)",
    )
    for table in OWNED:
        _belongs_to_its_user(table)


def downgrade() -> None:
    op.drop_constraint("documents_user_id_current_version_id_fkey", "documents")
    op.drop_table("chunk_vectors")
    op.drop_table("version_statistics")
    op.drop_table("postings")
    op.drop_table("document_texts")
    op.drop_table("chunks")
    op.drop_table("document_versions")
    op.drop_table("stored_files")
    op.drop_table("documents")
    op.drop_table("embedding_sets")


def _belongs_to_its_user(table: str) -> None:
    """Behind every statement's own `user_id = …`: without an owner there are no rows."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY owner ON {table} "
        "USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid)"
    )
