"""What is used of models, and what is counted of it."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    Table,
    Uuid,
    text,
)

from adapters.postgres.tables.base import at, metadata, owner
from adapters.postgres.tables.identity import users

MONEY = Numeric(20, 10)

prices = Table(
    "prices",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("model", String(100), nullable=False),
    Column("provider", String(50)),
    Column("input", MONEY, nullable=False),
    Column("cached", MONEY, nullable=False),
    Column("output", MONEY, nullable=False),
    Column("currency", String(3), nullable=False),
    at("valid_from"),
    at("valid_to", nullable=True),
    CheckConstraint("valid_from < valid_to", name="validity"),
    # One price at a time is without an end: of two who set one at once, one comes after the other.
    Index(
        "prices_open_key",
        "model",
        text("coalesce(provider, '')"),
        unique=True,
        postgresql_where=text("valid_to IS NULL"),
    ),
)

# Who runs the product may add and not change: they go with their account.
usage_events = Table(
    "usage_events",
    metadata,
    *owner(),
    Column("feature", String(20), nullable=False),
    Column("provider", String(50), nullable=False),
    Column("model_asked", String(100), nullable=False),
    Column("model_used", String(100), nullable=False),
    Column("status", String(10), nullable=False),
    at("started_at"),
    Column("total_ms", Integer, nullable=False),
    Column("queue_ms", Integer, nullable=False),
    Column("first_token_ms", Integer),
    Column("conversation_id", Uuid),  # ids only, as the next two: usage outlives what it was for
    Column("message_id", Uuid),
    Column("execution_id", Uuid),
    Column("input_tokens", Integer, nullable=False),
    Column("cached_input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("reasoning_tokens", Integer, nullable=False),
    Column("tokens_source", String(10), nullable=False),
    Column("price_id", ForeignKey(prices.c.id)),
    Column("cost", MONEY),  # NULL: its model has no price
    Index("usage_events_started_idx", "user_id", "started_at", "id"),
    Index("usage_events_message_idx", "user_id", "message_id"),
)
usage_events.c.user_id.append_foreign_key(ForeignKey(users.c.id, ondelete="CASCADE"))

ai_budgets = Table(
    "ai_budgets",
    metadata,
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True),
    at("minute_from"),
    Column("minute_requests", Integer, nullable=False),
    Column("day", Date, nullable=False),
    Column("day_requests", Integer, nullable=False),
    Column("month", Date, nullable=False),
    Column("spent", MONEY, nullable=False),
    Column("reserved", MONEY, nullable=False),
)

usage_reservations = Table(
    "usage_reservations",
    metadata,
    *owner(),
    Column("feature", String(20), nullable=False),
    Column("amount", MONEY, nullable=False),
    at("reserved_at"),
    at("expires_at"),
    Index("usage_reservations_expires_at_idx", "expires_at"),
)
usage_reservations.c.user_id.append_foreign_key(ForeignKey(users.c.id, ondelete="CASCADE"))

activities = Table(
    "activities",
    metadata,
    *owner(),
    Column("action", String(20), nullable=False),
    Column("status", String(10), nullable=False),
    at("at"),
    Column("document_id", Uuid),  # ids only, as in usage_events
    Column("conversation_id", Uuid),
    Column("message_id", Uuid),
    Column("bytes", BigInteger, nullable=False),
    Column("took_ms", BigInteger),
    Index("activities_at_idx", "user_id", "at", "id"),
    Index("activities_document_idx", "user_id", "document_id"),
)
activities.c.user_id.append_foreign_key(ForeignKey(users.c.id, ondelete="CASCADE"))

# Sums of quarters of an hour (UTC), which any zone's days consist of.
usage_buckets = Table(
    "usage_buckets",
    metadata,
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True),
    Column("start", DateTime(timezone=True), primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("unpriced_calls", BigInteger, nullable=False),
    Column("queries", BigInteger, nullable=False),
    Column("successful_queries", BigInteger, nullable=False),
    Column("failed_queries", BigInteger, nullable=False),
    Column("response_ms", BigInteger, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("cached_input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("reasoning_tokens", BigInteger, nullable=False),
    Column("cost", MONEY, nullable=False),
    Column("documents_uploaded", BigInteger, nullable=False),
    Column("documents_analyzed", BigInteger, nullable=False),
    Column("document_bytes", BigInteger, nullable=False),
    Column("executions", BigInteger, nullable=False),
    Column("executions_completed", BigInteger, nullable=False),
    Column("executions_failed", BigInteger, nullable=False),
    Column("execution_ms", BigInteger, nullable=False),
)

# Which of them have to be counted again.
dirty_buckets = Table(
    "dirty_buckets",
    metadata,
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True),
    Column("start", DateTime(timezone=True), primary_key=True),
)
