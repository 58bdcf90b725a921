from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from adapters.postgres.tables.base import at, metadata, owner
from adapters.postgres.tables.identity import users

stored_files = Table(
    "stored_files",
    metadata,
    *owner(),
    Column("purpose", String(20), nullable=False),
    Column("original_name", String(255), nullable=False),
    Column("storage_key", Text, nullable=False, unique=True),
    Column("media_type", String(255), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    at("created_at"),
    Index(
        "stored_files_avatar_key",
        "user_id",
        unique=True,
        postgresql_where=text("purpose = 'avatar'"),
    ),
)
stored_files.c.user_id.append_foreign_key(ForeignKey(users.c.id, ondelete="CASCADE"))

# One row: what the last sweep found.
storage_sweeps = Table(
    "storage_sweeps",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    at("at"),
    Column("orphans", Integer, nullable=False),
    Column("unfinished", Integer, nullable=False),
    Column("missing", Integer, nullable=False),
    CheckConstraint("id = 1", name="id"),
)
