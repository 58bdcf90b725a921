from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables.base import at, belongs, metadata, owner
from adapters.postgres.tables.identity import users

conversations = Table(
    "conversations",
    metadata,
    *owner(),
    Column("kind", String(20), nullable=False),
    Column("title", String(200), nullable=False),
    Column("session_id", String(255)),
    at("created_at"),
    at("updated_at"),
    at("deleted_at", nullable=True),
    ForeignKeyConstraint(["user_id"], [users.c.id], ondelete="CASCADE"),
    Index(
        "conversations_session_id_key",
        "user_id",
        "session_id",
        unique=True,
        postgresql_where=text("session_id IS NOT NULL"),
    ),
)

messages = Table(
    "messages",
    metadata,
    *owner(),
    Column("conversation_id", Uuid, nullable=False),
    Column("parent_id", Uuid),
    Column("role", String(20), nullable=False),
    Column("content", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("mode", String(20)),
    Column("model_used", String(100)),
    Column("document_ids", JSONB, nullable=False),  # what was asked of; [] is everything
    Column("citations", JSONB, nullable=False),
    Column("nearest", JSONB, nullable=False),  # passages, when nothing answers
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("response_time_ms", Integer),
    Column("error_code", String(50)),
    Column("error_detail", Text),
    Column("trace_id", String(255)),
    at("created_at"),
    belongs("conversation_id", "conversations", on_delete="CASCADE"),
    belongs("parent_id", "messages", on_delete="SET NULL (parent_id)"),
    Index("messages_conversation_idx", "user_id", "conversation_id", "id"),
)
