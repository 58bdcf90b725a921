"""Answers that have not ended are found by their age.

Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "messages_running_idx",
        "messages",
        ["created_at"],
        postgresql_where=sa.text("status IN ('pending', 'streaming')"),
    )


def downgrade() -> None:
    op.drop_index("messages_running_idx", "messages")
