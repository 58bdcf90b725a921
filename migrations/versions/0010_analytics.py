"""What is used of models, what it costs, budgets, and what is counted of a user's days.

Revises: 0009
"""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

OWNED = (
    "usage_events",
    "ai_budgets",
    "usage_reservations",
    "activities",
    "usage_buckets",
    "dirty_buckets",
)
MONEY = sa.Numeric(precision=20, scale=10)
# From the plans of the products; for 1000 tokens, read or written.
DEFAULTS = (
    (1, "gemini-1.5-flash", "0.00035", "0.0007"),
    (2, "gpt-4", "0.03", "0.06"),
    (3, "gpt-3.5-turbo", "0.001", "0.002"),
)

# For reports by SQL: a row a day, as the user's calendar has them. It shows whom its reader may see.
USER_ANALYTICS = """
CREATE VIEW user_analytics WITH (security_invoker = true) AS
SELECT
    bucket.user_id,
    (bucket.start AT TIME ZONE users.timezone)::date AS date,
    sum(queries)::bigint AS total_queries,
    sum(successful_queries)::bigint AS successful_queries,
    sum(failed_queries)::bigint AS failed_queries,
    sum(input_tokens + cached_input_tokens + output_tokens + reasoning_tokens)::bigint
        AS total_tokens,
    sum(input_tokens + cached_input_tokens)::bigint AS prompt_tokens,
    sum(output_tokens + reasoning_tokens)::bigint AS completion_tokens,
    (sum(response_ms) / nullif(sum(successful_queries), 0) / 1000)::float8 AS avg_response_time,
    sum(documents_uploaded)::bigint AS documents_uploaded,
    sum(documents_analyzed)::bigint AS documents_analyzed,
    sum(document_bytes)::bigint AS total_document_size,
    sum(executions)::bigint AS workflows_executed,
    sum(executions_completed)::bigint AS workflows_completed,
    sum(executions_failed)::bigint AS workflows_failed,
    sum(cost) AS estimated_cost,
    sum(unpriced_calls)::bigint AS unpriced_calls
FROM usage_buckets bucket
JOIN users ON users.id = bucket.user_id
GROUP BY bucket.user_id, (bucket.start AT TIME ZONE users.timezone)::date
"""


def upgrade() -> None:
    _prices()
    op.create_table(
        "usage_events",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("feature", sa.String(length=20), nullable=False),
        sa.Column("provider", sa.String(length=50), nullable=False),
        sa.Column("model_asked", sa.String(length=100), nullable=False),
        sa.Column("model_used", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total_ms", sa.Integer(), nullable=False),
        sa.Column("queue_ms", sa.Integer(), nullable=False),
        sa.Column("first_token_ms", sa.Integer()),
        sa.Column("conversation_id", sa.Uuid()),
        sa.Column("message_id", sa.Uuid()),
        sa.Column("execution_id", sa.Uuid()),
        sa.Column("input_tokens", sa.Integer(), nullable=False),
        sa.Column("cached_input_tokens", sa.Integer(), nullable=False),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        sa.Column("reasoning_tokens", sa.Integer(), nullable=False),
        sa.Column("tokens_source", sa.String(length=10), nullable=False),
        sa.Column("price_id", sa.Uuid()),
        sa.Column("cost", MONEY),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="usage_events_user_id_fkey", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["price_id"], ["prices.id"], name="usage_events_price_id_fkey"),
        sa.PrimaryKeyConstraint("user_id", "id", name="usage_events_pkey"),
    )
    op.create_index("usage_events_started_idx", "usage_events", ["user_id", "started_at", "id"])
    op.create_index("usage_events_message_idx", "usage_events", ["user_id", "message_id"])
    op.create_table(
        "ai_budgets",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("minute_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minute_requests", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("day_requests", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("spent", MONEY, nullable=False),
        sa.Column("reserved", MONEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="ai_budgets_user_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name="ai_budgets_pkey"),
    )
    op.create_table(
        "usage_reservations",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("feature", sa.String(length=20), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="usage_reservations_user_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="usage_reservations_pkey"),
    )
    op.create_index("usage_reservations_expires_at_idx", "usage_reservations", ["expires_at"])
    _counted()
    # Who runs the product can add to what was used, and neither change nor remove; an account that
    # is removed takes its own along.
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON usage_events FROM colonnade_app")
    for table in OWNED:
        _belongs_to_its_user(table)
    _is_nobodys_when_expired("usage_reservations")
    op.execute(USER_ANALYTICS)


def downgrade() -> None:
    op.execute("DROP VIEW user_analytics")
    op.drop_table("dirty_buckets")
    op.drop_table("usage_buckets")
    op.drop_table("activities")
    op.drop_table("usage_reservations")
    op.drop_table("ai_budgets")
    op.drop_table("usage_events")
    op.drop_table("prices")


def _prices() -> None:
    prices = op.create_table(
        "prices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("provider", sa.String(length=50)),
        sa.Column("input", MONEY, nullable=False),
        sa.Column("cached", MONEY, nullable=False),
        sa.Column("output", MONEY, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True)),
        sa.CheckConstraint("valid_from < valid_to", name=op.f("prices_validity_check")),
        sa.PrimaryKeyConstraint("id", name="prices_pkey"),
    )
    op.create_index(
        "prices_open_key",
        "prices",
        ["model", sa.literal_column("coalesce(provider, '')")],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    common = {"provider": None, "currency": "USD", "valid_from": datetime(2020, 1, 1, tzinfo=UTC)}
    op.bulk_insert(
        prices,
        [
            {
                "id": UUID(int=number),
                "model": model,
                "input": Decimal(read),
                "cached": Decimal(read),
                "output": Decimal(written),
                **common,
            }
            for number, model, read, written in DEFAULTS
        ],
    )


def _counted() -> None:
    op.create_table(
        "activities",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document_id", sa.Uuid()),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("took_ms", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="activities_user_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="activities_pkey"),
    )
    op.create_index("activities_at_idx", "activities", ["user_id", "at", "id"])
    op.create_index("activities_document_idx", "activities", ["user_id", "document_id"])
    op.create_table(
        "usage_buckets",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("unpriced_calls", sa.BigInteger(), nullable=False),
        sa.Column("queries", sa.BigInteger(), nullable=False),
        sa.Column("successful_queries", sa.BigInteger(), nullable=False),
        sa.Column("failed_queries", sa.BigInteger(), nullable=False),
        sa.Column("response_ms", sa.BigInteger(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cached_input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("reasoning_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost", MONEY, nullable=False),
        sa.Column("documents_uploaded", sa.BigInteger(), nullable=False),
        sa.Column("documents_analyzed", sa.BigInteger(), nullable=False),
        sa.Column("document_bytes", sa.BigInteger(), nullable=False),
        sa.Column("executions", sa.BigInteger(), nullable=False),
        sa.Column("executions_completed", sa.BigInteger(), nullable=False),
        sa.Column("executions_failed", sa.BigInteger(), nullable=False),
        sa.Column("execution_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="usage_buckets_user_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "start", name="usage_buckets_pkey"),
    )
    op.create_table(
        "dirty_buckets",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="dirty_buckets_user_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "start", name="dirty_buckets_pkey"),
    )


def _belongs_to_its_user(table: str) -> None:
    """Behind every statement's own `user_id = …`: without an owner there are no rows."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY owner ON {table} "
        "USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid)"
    )


def _is_nobodys_when_expired(table: str) -> None:
    """The sweep looks for what has died of all users', in the name of a user whom there is not."""
    op.execute(
        f"CREATE POLICY sweep_select ON {table} FOR SELECT "
        "USING (expires_at < now()"
        " AND current_setting('app.user_id', true) = '00000000-0000-0000-0000-000000000000')"
    )
