from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text

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
)
stored_files.c.user_id.append_foreign_key(ForeignKey(users.c.id, ondelete="CASCADE"))
