"""What owners and files say of documents, and keywords.

Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_READ = ("documents", "document_versions", "document_texts", "stored_files")


def upgrade() -> None:
    op.add_column(
        "documents",
        sa.Column("category", sa.String(length=20), server_default="other", nullable=False),
    )
    op.add_column("documents", sa.Column("jurisdiction", sa.String(length=100)))
    op.add_column("documents", sa.Column("practice_area", sa.String(length=100)))
    op.add_column("documents", sa.Column("author", sa.String(length=500)))
    op.add_column("documents", sa.Column("language", sa.String(length=35)))
    op.add_column("documents", sa.Column("authored_at", sa.DateTime(timezone=True)))
    op.add_column("documents", sa.Column("modified_at", sa.DateTime(timezone=True)))
    op.add_column("documents", sa.Column("page_count", sa.Integer()))
    op.add_column("documents", sa.Column("file_type", sa.String(length=20)))
    op.add_column(
        "document_texts",
        sa.Column("properties", JSONB(), nullable=False, server_default=sa.text("'{}'")),
    )
    _say_what_is_known()
    op.alter_column("documents", "file_type", nullable=False)
    op.create_check_constraint(
        op.f("documents_category_check"),
        "documents",
        "category IN ('contract', 'case_law', 'statute', 'regulation', 'brief', 'policy', "
        "'resume', 'other')",
    )
    op.create_table(
        "document_keywords",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("keyword", sa.String(length=100), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "document_id"],
            ["documents.user_id", "documents.id"],
            name="document_keywords_user_id_document_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "keyword", "document_id", name="document_keywords_pkey"),
    )
    op.create_index(
        "document_keywords_document_idx", "document_keywords", ["user_id", "document_id"]
    )
    _belongs_to_its_user("document_keywords")


def downgrade() -> None:
    op.drop_table("document_keywords")
    op.drop_column("document_texts", "properties")
    op.drop_constraint(op.f("documents_category_check"), "documents")
    op.drop_column("documents", "file_type")
    op.drop_column("documents", "page_count")
    op.drop_column("documents", "modified_at")
    op.drop_column("documents", "authored_at")
    op.drop_column("documents", "language")
    op.drop_column("documents", "author")
    op.drop_column("documents", "practice_area")
    op.drop_column("documents", "jurisdiction")
    op.drop_column("documents", "category")


def _say_what_is_known() -> None:
    """Of the documents there are. Row security is lifted: it holds for the tables' owner too."""
    for table in _READ:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        """
        UPDATE documents d SET
            file_type = CASE f.media_type
                WHEN 'application/pdf' THEN 'pdf'
                WHEN 'text/plain' THEN 'txt'
                WHEN 'text/markdown' THEN 'md'
                ELSE 'docx' END
        FROM document_versions v JOIN stored_files f ON f.user_id = v.user_id AND f.id = v.file_id
        WHERE v.user_id = d.user_id AND v.document_id = d.id AND v.number = (
            SELECT max(number) FROM document_versions n
            WHERE n.user_id = d.user_id AND n.document_id = d.id
        )
        """
    )
    op.execute(
        """
        UPDATE documents d SET page_count = jsonb_array_length(t.pages)
        FROM document_texts t WHERE t.user_id = d.user_id AND t.version_id = d.current_version_id
        """
    )
    for table in _READ:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _belongs_to_its_user(table: str) -> None:
    """Behind every statement's own `user_id = …`: without an owner there are no rows."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY owner ON {table} "
        "USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid)"
    )
