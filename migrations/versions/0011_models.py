"""What was sent to model providers.

Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "egress_events",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=30), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("purpose", sa.String(length=50), nullable=False),
        sa.Column("object_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="egress_events_user_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="egress_events_pkey"),
    )
    # Who runs the product can add to the ledger, and neither change nor remove; an account that is
    # removed takes its own along.
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON egress_events FROM colonnade_app")
    # Behind every statement's own `user_id = …`: without an owner there are no rows.
    op.execute("ALTER TABLE egress_events ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE egress_events FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY owner ON egress_events "
        "USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid)"
    )


def downgrade() -> None:
    op.drop_table("egress_events")
