"""Accounts, sessions, signing keys; the roles everything later relies on.

Revises: nothing
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APP, MAINTENANCE = "colonnade_app", "colonnade_maintenance"


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    _role(APP, "NOBYPASSRLS")
    _role(MAINTENANCE, "BYPASSRLS")
    for role in (APP, MAINTENANCE):
        op.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        op.execute(
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public "
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}"
        )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("password", sa.Text()),
        sa.Column("display_name", sa.String(100)),
        sa.Column("full_name", sa.String(255)),
        sa.Column("timezone", sa.String(50), nullable=False),
        sa.Column("locale", sa.String(35), nullable=False),
        sa.Column("email_verified", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True)),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="users_pkey"),
    )
    op.create_index(
        "users_email_key",
        "users",
        ["email"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("family_key", sa.LargeBinary(), nullable=False),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("parent_hash", sa.LargeBinary()),
        sa.Column("rotated_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("idle_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(45)),
        sa.Column("user_agent", sa.String(500)),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_reason", sa.String(50)),
        sa.PrimaryKeyConstraint("id", name="sessions_pkey"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="sessions_user_id_fkey", ondelete="CASCADE"
        ),
    )
    op.create_index("sessions_user_id_idx", "sessions", ["user_id"])
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.String(64), nullable=False),
        sa.Column("algorithm", sa.String(16), nullable=False),
        sa.Column("public_jwk", sa.Text(), nullable=False),
        sa.Column("private_key", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kid", name="signing_keys_pkey"),
        sa.CheckConstraint(
            "state IN ('next', 'active', 'retiring')", name="signing_keys_state_check"
        ),
    )
    op.create_index(
        "signing_keys_active_key",
        "signing_keys",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
    )


def downgrade() -> None:
    op.drop_table("signing_keys")
    op.drop_table("sessions")
    op.drop_table("users")
    for role in (APP, MAINTENANCE):
        # Roles belong to the cluster: another database of it may still need them.
        op.execute(
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public "
            f"REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLES FROM {role}"
        )
        op.execute(f"REVOKE USAGE ON SCHEMA public FROM {role}")
    op.execute("DROP EXTENSION vector")


def _role(name: str, attributes: str) -> None:
    """Roles are the cluster's, so another database may have made them, at this very moment."""
    op.execute(
        f"""
        DO $$ BEGIN
            CREATE ROLE {name} NOLOGIN {attributes};
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$
        """
    )
    op.execute(f"GRANT {name} TO CURRENT_USER")
