"""One picture for each account, and what the last sweep of the storage found.

Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "stored_files_avatar_key",
        "stored_files",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("purpose = 'avatar'"),
    )
    op.create_table(
        "storage_sweeps",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("orphans", sa.Integer(), nullable=False),
        sa.Column("unfinished", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("storage_sweeps_id_check")),
        sa.PrimaryKeyConstraint("id", name="storage_sweeps_pkey"),
    )


def downgrade() -> None:
    op.drop_table("storage_sweeps")
    op.drop_index(
        "stored_files_avatar_key",
        table_name="stored_files",
        postgresql_where=sa.text("purpose = 'avatar'"),
    )
