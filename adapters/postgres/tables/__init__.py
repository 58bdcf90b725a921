"""Every table, by context. Migrations create them; a test compares the two."""

from adapters.postgres.tables import (
    analytics,
    conversations,
    files,
    identity,
    knowledge,
    mail,
    models,
)
from adapters.postgres.tables.base import metadata

# Everything of a user's. Row-level security is forced on each; an architecture test compares.
OWNED = tuple(table for table in metadata.sorted_tables if "user_id" in table.primary_key.columns)

__all__ = [
    "OWNED",
    "analytics",
    "conversations",
    "files",
    "identity",
    "knowledge",
    "mail",
    "metadata",
    "models",
]
