"""Accounts, and how they are entered. Only what is read after its owner is known has row security:
a session, a key or a token is how the owner becomes known."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
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
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables.base import at, metadata

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("email", String(254), nullable=False),
    Column("password", Text),
    Column("display_name", String(100)),
    Column("full_name", String(255)),
    Column("avatar_url", String(500)),
    Column("timezone", String(50), nullable=False),
    Column("locale", String(35), nullable=False),
    Column("organization", String(255)),
    Column("role", String(100)),
    Column("phone", String(50)),
    Column("location", String(255)),
    Column("linkedin_url", String(500)),
    Column("github_url", String(500)),
    Column("portfolio_url", String(500)),
    Column("preferences", JSONB, nullable=False, server_default=text("'{}'")),
    Column("subscription_tier", String(20), nullable=False, server_default="free"),
    at("subscription_expires_at", nullable=True),
    Column("anonymous_id", String(64), nullable=False, unique=True),
    Column("data_retention_days", Integer),
    Column("email_verified", Boolean, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("is_admin", Boolean, nullable=False),
    at("created_at"),
    at("updated_at"),
    at("last_login_at", nullable=True),
    at("last_active_at", nullable=True),
    at("deleted_at", nullable=True),
    CheckConstraint("data_retention_days >= 30", name="data_retention_days"),
    # Unique among the living: an e-mail is free again once its account is deleted.
    Index("users_email_key", "email", unique=True, postgresql_where=text("deleted_at IS NULL")),
    # The purge looks for those that were deleted long ago.
    Index("users_deleted_idx", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
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
    Column("device_name", String(100)),
    Column("address", String(45)),
    Column("user_agent", String(500)),
    at("revoked_at", nullable=True),
    Column("revoked_reason", String(50)),
)

one_time_tokens = Table(
    "one_time_tokens",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), index=True),
    Column("purpose", String(30), nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("email", String(254)),  # the address that is to be proven
    Column("payload", LargeBinary),  # encrypted: what a sign-in by a provider has to remember
    at("created_at"),
    at("expires_at"),
    at("used_at", nullable=True),
    CheckConstraint(
        "purpose IN ('password_reset', 'email_verification', 'email_change', 'oauth_state')",
        name="purpose",
    ),
    Index("one_time_tokens_expires_at_idx", "expires_at"),
)

oauth_connections = Table(
    "oauth_connections",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("provider", String(20), nullable=False),
    Column("issuer", String(255), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("email", String(254)),
    Column("access_token", LargeBinary),  # encrypted, as the next
    Column("refresh_token", LargeBinary),
    at("token_expires_at", nullable=True),
    at("created_at"),
    at("updated_at"),
    UniqueConstraint("issuer", "subject"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(100), nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    at("created_at"),
    at("expires_at"),
    at("last_used_at", nullable=True),
    at("revoked_at", nullable=True),
)

consents = Table(
    "consents",
    metadata,
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True),
    Column("purpose", String(50), primary_key=True),
    Column("granted", Boolean, nullable=False),
    at("granted_at", nullable=True),
    at("withdrawn_at", nullable=True),
    Column("notice_version", String(50)),
    Column("address", String(45)),
    Column("user_agent", String(500)),
    at("updated_at"),
)

consent_events = Table(
    "consent_events",
    metadata,
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("purpose", String(50), nullable=False),
    Column("action", String(10), nullable=False),
    Column("notice_version", String(50)),
    Column("notice_sha256", String(64)),
    Column("address", String(45)),
    Column("user_agent", String(500)),
    Column("source", String(20), nullable=False),
    at("at"),
    CheckConstraint("action IN ('granted', 'withdrawn')", name="action"),
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # no gaps: the chain
    Column("id", Uuid, nullable=False, unique=True),
    at("at"),
    Column("actor_id", Uuid, index=True),  # no foreign key: the log outlives the account
    Column("action", String(60), nullable=False),
    Column("object_type", String(40)),
    Column("object_id", Uuid),
    Column("outcome", String(10), nullable=False),
    Column("request_id", String(128)),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("outcome IN ('success', 'denied')", name="outcome"),
)

login_failures = Table(
    "login_failures",
    metadata,
    Column("identifier", LargeBinary, primary_key=True),  # SHA-256 of what was submitted
    Column("count", Integer, nullable=False),
    at("first_at"),
    at("last_at"),
    at("locked_until", nullable=True),
)

# Unlogged: lost in a crash, which costs an attacker's address nothing but its wait.
rate_limits = Table(
    "rate_limits",
    metadata,
    Column("bucket", String(200), primary_key=True),
    at("since"),
    Column("count", Integer, nullable=False),
    prefixes=["UNLOGGED"],
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True),
    Column("route", String(200), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("body_sha256", LargeBinary, nullable=False),  # encrypted
    Column("status", Integer),  # NULL while the first request is in flight, as the next two
    Column("headers", JSONB),
    Column("body", LargeBinary),  # NULL too when the answer held a secret
    at("created_at"),
    at("expires_at"),
    Index("idempotency_keys_expires_at_idx", "expires_at"),
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
    at("retired_at", nullable=True),
    CheckConstraint("state IN ('next', 'active', 'retiring')", name="state"),
    # One active and one next: one process wins when several start on an empty database.
    Index(
        "signing_keys_state_key",
        "state",
        unique=True,
        postgresql_where=text("state <> 'retiring'"),
    ),
)
