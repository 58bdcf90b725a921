"""The job queue, in a schema of its own.

Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from sqlalchemy.util import await_only

from adapters.postgres.queue import SETTINGS

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROLES = "colonnade_app, colonnade_maintenance"


def upgrade() -> None:
    op.execute("CREATE SCHEMA jobs")
    _script(QueryBuilderEnvironment(SETTINGS).build_install_query(create_schema=False))
    # How often a job was begun: one that kills its worker is never told of, only counted.
    op.create_table(
        "starts",
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="starts_pkey"),
        schema="jobs",
    )
    op.execute(f"GRANT USAGE ON SCHEMA jobs TO {ROLES}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jobs TO {ROLES}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA jobs TO {ROLES}")


def downgrade() -> None:
    op.execute("DROP SCHEMA jobs CASCADE")


def _script(sql: str) -> None:
    """Several statements at once: only the driver's own connection takes them. The statement
    before has opened the transaction they run in."""
    connection = op.get_bind().connection.driver_connection
    await_only(connection.execute(sql))  # type: ignore[union-attr]
