from sqlalchemy import Column, ForeignKey, LargeBinary, String, Table

from adapters.postgres.tables.base import at, metadata, owner
from adapters.postgres.tables.identity import users

# A letter waits here from the transaction that decides it until it has been sent.
outgoing_mails = Table(
    "outgoing_mails",
    metadata,
    *owner(),
    Column("kind", String(40), nullable=False),
    Column("letter", LargeBinary, nullable=False),  # encrypted: it may hold a link that opens
    at("created_at"),
)
outgoing_mails.c.user_id.append_foreign_key(ForeignKey(users.c.id, ondelete="CASCADE"))
