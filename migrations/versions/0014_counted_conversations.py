"""What conversations hold and how answers ended; what was asked under a name; what activities are about.

Revises: 0013
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

COLUMNS: dict[str, tuple[sa.Column[Any], ...]] = {
    "conversations": (
        sa.Column("message_count", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("last_message_at", sa.DateTime(timezone=True)),
    ),
    "messages": (
        sa.Column("finish_reason", sa.String(length=20)),
        sa.Column("metadata", postgresql.JSONB(), nullable=False, server_default="{}"),
        sa.Column("fingerprint", sa.LargeBinary()),
    ),
    "activities": (
        sa.Column("conversation_id", sa.Uuid()),
        sa.Column("message_id", sa.Uuid()),
    ),
}
INDEXED = ("trace_id", "fingerprint")


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for column in columns:
            op.add_column(table, column)
    for name in INDEXED:
        op.create_index(
            f"messages_{name}_idx",
            "messages",
            ["user_id", name],
            postgresql_where=sa.text(f"{name} IS NOT NULL"),
        )
    _count_messages()


def downgrade() -> None:
    for name in INDEXED:
        op.drop_index(f"messages_{name}_idx", "messages")
    for table, columns in COLUMNS.items():
        for column in columns:
            op.drop_column(table, column.name)


def _count_messages() -> None:
    """Row security binds the tables' owner as well, who has to see everybody's rows here."""
    for table in ("conversations", "messages"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE conversations SET message_count = held.count, last_message_at = held.last FROM ("
        "SELECT user_id, conversation_id, count(*) AS count, max(created_at) AS last"
        " FROM messages GROUP BY user_id, conversation_id) held"
        " WHERE held.user_id = conversations.user_id AND held.conversation_id = conversations.id"
    )
    for table in ("conversations", "messages"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
