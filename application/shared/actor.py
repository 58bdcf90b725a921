from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from domain.shared.errors import Forbidden
from domain.shared.ids import UserId


class Scope(StrEnum):
    """Each opens its context's routes, to read and to write."""

    PROFILE = "profile"
    DOCUMENTS = "documents"
    SEARCH = "search"
    CHAT = "chat"
    ADMIN = "admin"


EVERYTHING_OWN = frozenset(Scope) - {Scope.ADMIN}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking, and what their session, token or api key lets them do."""

    user_id: UserId
    scopes: frozenset[Scope] = frozenset()
    session_id: UUID | None = None

    def require(self, scope: Scope) -> None:
        if scope not in self.scopes:
            raise Forbidden(f"this needs the scope {scope}")
