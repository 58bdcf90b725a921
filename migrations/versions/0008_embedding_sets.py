"""Embedding sets have a state: one is built while another answers.

Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INDEX = "chunk_vectors_hnsw_1788e1d82c081d37"  # what index_name() makes of minilm-l6-v2-int8


def upgrade() -> None:
    op.execute(
        "INSERT INTO embedding_sets (name, dimensions, created_at) "
        "VALUES ('minilm-l6-v2-int8', 384, now()) ON CONFLICT DO NOTHING"
    )
    for name in ("done", "total"):
        op.add_column(
            "embedding_sets", sa.Column(name, sa.Integer(), nullable=False, server_default="0")
        )
        op.alter_column("embedding_sets", name, server_default=None)
    op.add_column("embedding_sets", sa.Column("state", sa.String(20)))
    op.add_column("embedding_sets", sa.Column("changed_at", sa.DateTime(timezone=True)))
    op.execute(
        "UPDATE embedding_sets SET changed_at = now(), "
        "state = CASE name WHEN 'minilm-l6-v2-int8' THEN 'active' ELSE 'retired' END"
    )
    op.alter_column("embedding_sets", "state", nullable=False)
    op.alter_column("embedding_sets", "changed_at", nullable=False)
    op.create_check_constraint(
        op.f("embedding_sets_state_check"),
        "embedding_sets",
        "state IN ('building', 'active', 'retired')",
    )
    op.create_index(
        "embedding_sets_live_key",
        "embedding_sets",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state <> 'retired'"),
    )
    op.execute(f"ALTER INDEX chunk_vectors_minilm_idx RENAME TO {INDEX}")


def downgrade() -> None:
    op.execute(_DROP_OTHER_INDEXES)
    op.execute(f"ALTER INDEX IF EXISTS {INDEX} RENAME TO chunk_vectors_minilm_idx")
    op.create_index(
        "chunk_vectors_minilm_idx",
        "chunk_vectors",
        [sa.literal_column("(embedding::halfvec(384))").label("vector")],
        postgresql_ops={"vector": "halfvec_cosine_ops"},
        postgresql_using="hnsw",
        postgresql_with={"m": 16, "ef_construction": 64},
        postgresql_where=sa.text("embedding_set = 'minilm-l6-v2-int8'"),
        if_not_exists=True,
    )
    op.drop_index("embedding_sets_live_key", table_name="embedding_sets")
    for name in ("state", "changed_at", "done", "total"):
        op.drop_column("embedding_sets", name)


_DROP_OTHER_INDEXES = f"""
DO $$ DECLARE one text; BEGIN
    FOR one IN SELECT indexname FROM pg_indexes
        WHERE indexname LIKE 'chunk_vectors_hnsw_%' AND indexname <> '{INDEX}'
    LOOP EXECUTE format('DROP INDEX %I', one); END LOOP;
END $$
"""  # noqa: S608  our own constant
