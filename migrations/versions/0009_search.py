"""Postings as bytes, each version's text search configuration, its chunks' lengths; recall.

Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ENTRIES = """
    UPDATE postings SET entries = (
        SELECT string_agg(int4send((ordinal << 8) | least(tf, 255)), '' ORDER BY ordinal)
        FROM unnest(ordinals, tfs) entry (ordinal, tf)
    )
"""
_LENGTHS = """
    UPDATE version_statistics s SET lengths = coalesce((
        SELECT string_agg(int2send(coalesce(dl, 0)::int2), '' ORDER BY c.ordinal)
        FROM chunks c LEFT JOIN (
            SELECT DISTINCT p.user_id, p.version_id, entry.ordinal, entry.dl
            FROM postings p, unnest(p.ordinals, p.dls) entry (ordinal, dl)
        ) found ON (found.user_id, found.version_id, found.ordinal)
            = (c.user_id, c.version_id, c.ordinal)
        WHERE c.user_id = s.user_id AND c.version_id = s.version_id
    ), '')
"""


def upgrade() -> None:
    op.add_column("postings", sa.Column("entries", sa.LargeBinary()))
    op.add_column("version_statistics", sa.Column("lengths", sa.LargeBinary()))
    op.add_column(
        "version_statistics",
        sa.Column("configuration", sa.Text(), nullable=False, server_default="english"),
    )
    op.execute(_ENTRIES)
    op.execute(_LENGTHS)
    op.alter_column("postings", "entries", nullable=False)
    op.alter_column("version_statistics", "lengths", nullable=False)
    op.alter_column("version_statistics", "configuration", server_default=None)
    for column in ("ordinals", "tfs", "dls"):
        op.drop_column("postings", column)
    op.drop_column("version_statistics", "terms")
    op.create_table(
        "recalls",
        sa.Column("embedding_set", sa.String(length=100), nullable=False),
        sa.Column("recall", sa.Float(precision=53), nullable=False),
        sa.Column("compared", sa.Integer(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("embedding_set", name="recalls_pkey"),
    )


def downgrade() -> None:
    """Words have to be indexed again: nothing is found by them until then."""
    op.drop_table("recalls")
    op.execute("DELETE FROM postings")
    op.execute("DELETE FROM version_statistics")
    op.drop_column("postings", "entries")
    op.drop_column("version_statistics", "lengths")
    op.drop_column("version_statistics", "configuration")
    op.add_column("version_statistics", sa.Column("terms", sa.BigInteger(), nullable=False))
    op.add_column("postings", sa.Column("ordinals", sa.ARRAY(sa.Integer()), nullable=False))
    op.add_column("postings", sa.Column("tfs", sa.ARRAY(sa.SmallInteger()), nullable=False))
    op.add_column("postings", sa.Column("dls", sa.ARRAY(sa.SmallInteger()), nullable=False))
