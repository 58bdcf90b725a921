from sqlalchemy import ARRAY, Column, ForeignKey, Integer, String, Table, Text, Uuid

from adapters.postgres.tables.base import at, metadata, owner
from adapters.postgres.tables.identity import users

# The product can add to it, and neither change nor remove: entries go with their account.
egress_events = Table(
    "egress_events",
    metadata,
    *owner(),
    Column("attempt_id", Uuid, nullable=False),
    Column("provider", String(30), nullable=False),
    Column("model", Text, nullable=False),
    Column("purpose", String(50), nullable=False),
    Column("object_ids", ARRAY(Uuid), nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    at("at"),
)
egress_events.c.user_id.append_foreign_key(ForeignKey(users.c.id, ondelete="CASCADE"))
