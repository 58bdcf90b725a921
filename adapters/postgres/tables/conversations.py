from sqlalchemy import (
    Boolean,
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
    Column("origin", String(20), nullable=False, server_default="chat"),
    Column("session_id", String(255)),
    Column("metadata", JSONB, nullable=False, server_default="{}"),
    Column("document_ids", JSONB, nullable=False, server_default="[]"),
    Column("active_leaf", Uuid),
    Column("is_archived", Boolean, nullable=False, server_default="false"),
    at("created_at"),
    at("updated_at"),
    at("deleted_at", nullable=True),
    ForeignKeyConstraint(["user_id"], [users.c.id], ondelete="CASCADE"),
    ForeignKeyConstraint(
        ["user_id", "active_leaf"],
        ["messages.user_id", "messages.id"],
        ondelete="SET NULL (active_leaf)",
        use_alter=True,
    ),
    Index(
        "conversations_session_id_key",
        "user_id",
        "session_id",
        unique=True,
        postgresql_where=text("session_id IS NOT NULL AND deleted_at IS NULL"),
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
    Column("model", String(100)),  # that was asked for
    Column("provider", String(30)),
    Column("model_used", Text),
    Column("document_ids", JSONB, nullable=False),  # what was asked of; [] is everything
    Column("citations", JSONB, nullable=False),
    Column("nearest", JSONB, nullable=False),  # passages, when nothing answers
    Column("unknown_markers", Integer, nullable=False, server_default="0"),
    Column("unsupported", JSONB, nullable=False, server_default="[]"),
    Column("notice", String(30)),
    Column("support", JSONB),
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("response_time_ms", Integer),
    Column("error_code", String(50)),
    Column("error_detail", Text),
    Column("rating", String(10)),
    Column("comment", Text),
    Column("client_message_id", String(255)),
    Column("trace_id", String(255)),
    at("created_at"),
    belongs("conversation_id", "conversations", on_delete="CASCADE"),
    belongs("parent_id", "messages", on_delete="SET NULL (parent_id)"),
    Index("messages_conversation_idx", "user_id", "conversation_id", "id"),
    Index("messages_parent_idx", "user_id", "parent_id"),
    Index(
        "messages_client_message_id_key",
        "user_id",
        "client_message_id",
        unique=True,
        postgresql_where=text("client_message_id IS NOT NULL"),
    ),
)

message_events = Table(
    "message_events",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("message_id", Uuid, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("type", String(30), nullable=False),
    Column("data", JSONB, nullable=False),
    at("expires_at"),
    belongs("message_id", "messages", on_delete="CASCADE"),
)
