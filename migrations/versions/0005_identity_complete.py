"""Profiles, one-time tokens, providers, API keys, consents, the audit log, throttling, mail.

Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OWNED = ("consents", "consent_events", "idempotency_keys", "outgoing_mails")
_HEX = "replace(gen_random_uuid()::text, '-', '')"


def upgrade() -> None:
    op.create_table(
        "audit_events",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object_type", sa.String(length=40)),
        sa.Column("object_id", sa.Uuid()),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("request_id", sa.String(length=128)),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('success', 'denied')", name=op.f("audit_events_outcome_check")
        ),
        sa.PrimaryKeyConstraint("number", name="audit_events_pkey"),
        sa.UniqueConstraint("id", name="audit_events_id_key"),
    )
    op.create_index("audit_events_actor_id_idx", "audit_events", ["actor_id"], unique=False)
    op.create_table(
        "login_failures",
        sa.Column("identifier", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("identifier", name="login_failures_pkey"),
    )
    op.create_table(
        "rate_limits",
        sa.Column("bucket", sa.String(length=200), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name="rate_limits_pkey"),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="api_keys_user_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="api_keys_pkey"),
    )
    op.create_index("api_keys_user_id_idx", "api_keys", ["user_id"], unique=False)
    op.create_table(
        "consent_events",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=50), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("notice_version", sa.String(length=50)),
        sa.Column("notice_sha256", sa.String(length=64)),
        sa.Column("address", sa.String(length=45)),
        sa.Column("user_agent", sa.String(length=500)),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "action IN ('granted', 'withdrawn')", name=op.f("consent_events_action_check")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="consent_events_user_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="consent_events_pkey"),
    )
    op.create_table(
        "consents",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=50), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("notice_version", sa.String(length=50)),
        sa.Column("address", sa.String(length=45)),
        sa.Column("user_agent", sa.String(length=500)),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="consents_user_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "purpose", name="consents_pkey"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text())),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="idempotency_keys_user_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "route", "key", name="idempotency_keys_pkey"),
    )
    op.create_index(
        "idempotency_keys_expires_at_idx", "idempotency_keys", ["expires_at"], unique=False
    )
    op.create_table(
        "oauth_connections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=254)),
        sa.Column("access_token", sa.LargeBinary()),
        sa.Column("refresh_token", sa.LargeBinary()),
        sa.Column("token_expires_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="oauth_connections_user_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="oauth_connections_pkey"),
        sa.UniqueConstraint("issuer", "subject", name="oauth_connections_issuer_subject_key"),
    )
    op.create_index("oauth_connections_user_id_idx", "oauth_connections", ["user_id"], unique=False)
    op.create_table(
        "one_time_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid()),
        sa.Column("purpose", sa.String(length=30), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.String(length=254)),
        sa.Column("payload", sa.LargeBinary()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "purpose IN ('password_reset', 'email_verification', 'email_change', 'oauth_state')",
            name=op.f("one_time_tokens_purpose_check"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="one_time_tokens_user_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="one_time_tokens_pkey"),
        sa.UniqueConstraint("hash", name="one_time_tokens_hash_key"),
    )
    op.create_index(
        "one_time_tokens_expires_at_idx", "one_time_tokens", ["expires_at"], unique=False
    )
    op.create_index("one_time_tokens_user_id_idx", "one_time_tokens", ["user_id"], unique=False)
    op.create_table(
        "outgoing_mails",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("letter", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="outgoing_mails_user_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="outgoing_mails_pkey"),
    )
    op.add_column("sessions", sa.Column("device_name", sa.String(length=100)))
    op.add_column("signing_keys", sa.Column("retired_at", sa.DateTime(timezone=True)))
    op.drop_index("signing_keys_active_key", table_name="signing_keys")
    op.create_index(
        "signing_keys_state_key",
        "signing_keys",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state <> 'retiring'"),
    )
    op.add_column("users", sa.Column("avatar_url", sa.String(length=500)))
    op.add_column("users", sa.Column("organization", sa.String(length=255)))
    op.add_column("users", sa.Column("role", sa.String(length=100)))
    op.add_column("users", sa.Column("phone", sa.String(length=50)))
    op.add_column("users", sa.Column("location", sa.String(length=255)))
    op.add_column("users", sa.Column("linkedin_url", sa.String(length=500)))
    op.add_column("users", sa.Column("github_url", sa.String(length=500)))
    op.add_column("users", sa.Column("portfolio_url", sa.String(length=500)))
    op.add_column(
        "users",
        sa.Column(
            "preferences",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    op.add_column(
        "users",
        sa.Column("subscription_tier", sa.String(length=20), server_default="free", nullable=False),
    )
    op.add_column("users", sa.Column("subscription_expires_at", sa.DateTime(timezone=True)))
    op.add_column(
        "users",
        sa.Column(
            "anonymous_id", sa.String(length=64), nullable=False, server_default=sa.text(_HEX)
        ),
    )
    op.add_column("users", sa.Column("data_retention_days", sa.Integer()))
    op.add_column("users", sa.Column("last_active_at", sa.DateTime(timezone=True)))
    op.create_unique_constraint("users_anonymous_id_key", "users", ["anonymous_id"])
    op.create_index(
        "users_deleted_idx",
        "users",
        ["deleted_at"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.alter_column("users", "anonymous_id", server_default=None)  # new accounts bring theirs
    op.create_check_constraint(
        op.f("users_data_retention_days_check"), "users", "data_retention_days >= 30"
    )
    # Who runs the product can add to the log, and neither change nor remove.
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON audit_events FROM colonnade_app")
    for table in OWNED:
        _belongs_to_its_user(table)
    for command in ("SELECT", "DELETE"):
        _is_nobodys_when_expired("idempotency_keys", command)


def downgrade() -> None:
    op.drop_constraint(op.f("users_data_retention_days_check"), "users")
    op.drop_index(
        "users_deleted_idx", table_name="users", postgresql_where=sa.text("deleted_at IS NOT NULL")
    )
    op.drop_constraint("users_anonymous_id_key", "users", type_="unique")
    op.drop_column("users", "last_active_at")
    op.drop_column("users", "data_retention_days")
    op.drop_column("users", "anonymous_id")
    op.drop_column("users", "subscription_expires_at")
    op.drop_column("users", "subscription_tier")
    op.drop_column("users", "preferences")
    op.drop_column("users", "portfolio_url")
    op.drop_column("users", "github_url")
    op.drop_column("users", "linkedin_url")
    op.drop_column("users", "location")
    op.drop_column("users", "phone")
    op.drop_column("users", "role")
    op.drop_column("users", "organization")
    op.drop_column("users", "avatar_url")
    op.drop_index("signing_keys_state_key", table_name="signing_keys")
    op.create_index(
        "signing_keys_active_key",
        "signing_keys",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
    )
    op.drop_column("signing_keys", "retired_at")
    op.drop_column("sessions", "device_name")
    op.drop_table("outgoing_mails")
    op.drop_index("one_time_tokens_user_id_idx", table_name="one_time_tokens")
    op.drop_index("one_time_tokens_expires_at_idx", table_name="one_time_tokens")
    op.drop_table("one_time_tokens")
    op.drop_index("oauth_connections_user_id_idx", table_name="oauth_connections")
    op.drop_table("oauth_connections")
    op.drop_index("idempotency_keys_expires_at_idx", table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_table("consents")
    op.drop_table("consent_events")
    op.drop_index("api_keys_user_id_idx", table_name="api_keys")
    op.drop_table("api_keys")
    op.drop_table("rate_limits")
    op.drop_table("login_failures")
    op.drop_index("audit_events_actor_id_idx", table_name="audit_events")
    op.drop_table("audit_events")


def _belongs_to_its_user(table: str) -> None:
    """Behind every statement's own `user_id = …`: without an owner there are no rows."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY owner ON {table} "
        "USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid)"
    )


def _is_nobodys_when_expired(table: str, command: str) -> None:
    """The purge goes through all users' rows, in the name of a user whom there is not."""
    op.execute(
        f"CREATE POLICY purge_{command.lower()} ON {table} FOR {command} "
        "USING (expires_at < now()"
        " AND current_setting('app.user_id', true) = '00000000-0000-0000-0000-000000000000')"
    )
