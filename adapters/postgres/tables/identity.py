from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    Uuid,
    text,
)

from adapters.postgres.tables.base import at, metadata

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("email", String(254), nullable=False),
    Column("password", Text),
    Column("display_name", String(100)),
    Column("full_name", String(255)),
    Column("timezone", String(50), nullable=False),
    Column("locale", String(35), nullable=False),
    Column("email_verified", Boolean, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("is_admin", Boolean, nullable=False),
    at("created_at"),
    at("updated_at"),
    at("last_login_at", nullable=True),
    at("deleted_at", nullable=True),
    # Unique among the living: an e-mail is free again once its account is deleted.
    Index("users_email_key", "email", unique=True, postgresql_where=text("deleted_at IS NULL")),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("family_key", LargeBinary, nullable=False),
    Column("counter", Integer, nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    Column("parent_hash", LargeBinary),
    at("rotated_at", nullable=True),
    at("created_at"),
    at("idle_until"),
    at("expires_at"),
    Column("address", String(45)),
    Column("user_agent", String(500)),
    at("revoked_at", nullable=True),
    Column("revoked_reason", String(50)),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(64), primary_key=True),
    Column("algorithm", String(16), nullable=False),
    Column("public_jwk", Text, nullable=False),
    Column("private_key", LargeBinary, nullable=False),  # encrypted
    Column("state", String(16), nullable=False),
    at("created_at"),
    CheckConstraint("state IN ('next', 'active', 'retiring')", name="state"),
    # One process wins when several start on an empty database.
    Index(
        "signing_keys_active_key",
        "state",
        unique=True,
        postgresql_where=text("state = 'active'"),
    ),
)
