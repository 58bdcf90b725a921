"""What a context keeps of a person, for them to take away and for us to forget."""

from typing import Any, Protocol
from uuid import UUID

type Record = dict[str, Any]


class Records(Protocol):
    """Both are complete: an architecture test fills every owner's table and looks."""

    async def read(self, owner: UUID) -> dict[str, list[Record]]:
        """Everything of theirs that is theirs to see, as JSON-able records by the kind of thing."""
        ...

    async def erase(self, owner: UUID) -> None:
        """Everything of theirs goes, inside the running transaction."""
        ...
