"""Conversations complete: what they search, where they go on, and what happens to their answers.

Revises: 0011
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

CONVERSATION: tuple[sa.Column[Any], ...] = (
    sa.Column("origin", sa.String(length=20), nullable=False, server_default="chat"),
    sa.Column("metadata", postgresql.JSONB(), nullable=False, server_default="{}"),
    sa.Column("document_ids", postgresql.JSONB(), nullable=False, server_default="[]"),
    sa.Column("active_leaf", sa.Uuid()),
    sa.Column("is_archived", sa.Boolean(), nullable=False, server_default="false"),
)
MESSAGE: tuple[sa.Column[Any], ...] = (
    sa.Column("model", sa.String(length=100)),
    sa.Column("provider", sa.String(length=30)),
    sa.Column("unknown_markers", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("unsupported", postgresql.JSONB(), nullable=False, server_default="[]"),
    sa.Column("notice", sa.String(length=30)),
    sa.Column("support", postgresql.JSONB()),
    sa.Column("rating", sa.String(length=10)),
    sa.Column("comment", sa.Text()),
    sa.Column("client_message_id", sa.String(length=255)),
)


def upgrade() -> None:
    for column in CONVERSATION:
        op.add_column("conversations", column)
    for column in MESSAGE:
        op.add_column("messages", column)
    op.alter_column("messages", "model_used", type_=sa.Text())
    _go_on_under_the_last_message()
    op.create_foreign_key(
        "conversations_user_id_fkey1",
        "conversations",
        "messages",
        ["user_id", "active_leaf"],
        ["user_id", "id"],
        ondelete="SET NULL (active_leaf)",
    )
    op.create_index("messages_parent_idx", "messages", ["user_id", "parent_id"])
    op.create_index(
        "messages_client_message_id_key",
        "messages",
        ["user_id", "client_message_id"],
        unique=True,
        postgresql_where=sa.text("client_message_id IS NOT NULL"),
    )
    _name_sessions("session_id IS NOT NULL AND deleted_at IS NULL")
    op.create_table(
        "message_events",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=30), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "message_id"],
            ["messages.user_id", "messages.id"],
            name="message_events_user_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "message_id", "seq", name="message_events_pkey"),
    )
    _belongs_to_its_user("message_events")
    _is_nobodys_after_a_day("message_events")


def downgrade() -> None:
    op.drop_table("message_events")
    # A deleted conversation's name may be another's by now.
    op.execute("UPDATE conversations SET session_id = NULL WHERE deleted_at IS NOT NULL")
    _name_sessions("session_id IS NOT NULL")
    op.drop_index("messages_client_message_id_key", "messages")
    op.drop_index("messages_parent_idx", "messages")
    op.drop_constraint("conversations_user_id_fkey1", "conversations")
    op.alter_column(
        "messages",
        "model_used",
        type_=sa.String(length=100),
        postgresql_using="left(model_used, 100)",
    )
    for column in MESSAGE:
        op.drop_column("messages", column.name)
    for column in CONVERSATION:
        op.drop_column("conversations", column.name)


def _go_on_under_the_last_message() -> None:
    """Row security binds the tables' owner as well, who has to see everybody's rows here."""
    for table in ("conversations", "messages"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE conversations SET active_leaf = ("
        "SELECT id FROM messages WHERE messages.user_id = conversations.user_id"
        " AND conversation_id = conversations.id ORDER BY id DESC LIMIT 1)"
    )
    for table in ("conversations", "messages"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _name_sessions(which: str) -> None:
    op.drop_index("conversations_session_id_key", "conversations")
    op.create_index(
        "conversations_session_id_key",
        "conversations",
        ["user_id", "session_id"],
        unique=True,
        postgresql_where=sa.text(which),
    )


def _belongs_to_its_user(table: str) -> None:
    """Behind every statement's own `user_id = …`: without an owner there are no rows."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY owner ON {table} "
        "USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid)"
    )


def _is_nobodys_after_a_day(table: str) -> None:
    """The sweep forgets what is old of all users', in the name of a user whom there is not."""
    for name, what in (("sweep_select", "SELECT"), ("sweep_delete", "DELETE")):
        op.execute(
            f"CREATE POLICY {name} ON {table} FOR {what} "
            "USING (expires_at < now()"
            " AND current_setting('app.user_id', true) = '00000000-0000-0000-0000-000000000000')"
        )
