"""Versions that cannot be embedded are remembered; how far a set is, is counted when somebody asks.

Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "embedding_failures",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("embedding_set", sa.String(length=100), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["embedding_set"],
            ["embedding_sets.name"],
            name="embedding_failures_embedding_set_fkey",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "version_id"],
            ["document_versions.user_id", "document_versions.id"],
            name="embedding_failures_user_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "user_id", "version_id", "embedding_set", name="embedding_failures_pkey"
        ),
    )
    op.execute("ALTER TABLE embedding_failures ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE embedding_failures FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY owner ON embedding_failures "
        "USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid)"
    )
    for name in ("done", "total"):
        op.drop_column("embedding_sets", name)


def downgrade() -> None:
    for name in ("done", "total"):
        op.add_column(
            "embedding_sets", sa.Column(name, sa.Integer(), nullable=False, server_default="0")
        )
        op.alter_column("embedding_sets", name, server_default=None)
    op.drop_table("embedding_failures")
