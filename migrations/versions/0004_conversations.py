"""Conversations and their messages.

Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OWNED = ("conversations", "messages")


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("session_id", sa.String(length=255)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="conversations_user_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="conversations_pkey"),
    )
    op.create_index(
        "conversations_session_id_key",
        "conversations",
        ["user_id", "session_id"],
        unique=True,
        postgresql_where=sa.text("session_id IS NOT NULL"),
    )
    op.create_table(
        "messages",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid()),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("mode", sa.String(length=20)),
        sa.Column("model_used", sa.String(length=100)),
        sa.Column("document_ids", postgresql.JSONB(), nullable=False),
        sa.Column("citations", postgresql.JSONB(), nullable=False),
        sa.Column("nearest", postgresql.JSONB(), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=False),
        sa.Column("completion_tokens", sa.Integer(), nullable=False),
        sa.Column("response_time_ms", sa.Integer()),
        sa.Column("error_code", sa.String(length=50)),
        sa.Column("error_detail", sa.Text()),
        sa.Column("trace_id", sa.String(length=255)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "conversation_id"],
            ["conversations.user_id", "conversations.id"],
            name="messages_user_id_conversation_id_fkey",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "parent_id"],
            ["messages.user_id", "messages.id"],
            name="messages_user_id_parent_id_fkey",
            ondelete="SET NULL (parent_id)",
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="messages_pkey"),
    )
    op.create_index("messages_conversation_idx", "messages", ["user_id", "conversation_id", "id"])
    for table in OWNED:
        _belongs_to_its_user(table)


def downgrade() -> None:
    op.drop_table("messages")
    op.drop_table("conversations")


def _belongs_to_its_user(table: str) -> None:
    """Behind every statement's own `user_id = …`: without an owner there are no rows."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY owner ON {table} "
        "USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid)"
    )
