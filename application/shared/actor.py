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
    WORKFLOWS = "workflows"
    CAREER = "career"
    WELLNESS = "wellness"
    ANALYTICS = "analytics"
    ADMIN = "admin"


EVERYTHING_OWN = frozenset(Scope) - {Scope.ADMIN}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking, and what their session, token or api key lets them do."""

    user_id: UserId
    scopes: frozenset[Scope] = frozenset()
    session_id: UUID | None = None
    request_id: str | None = None  # for the audit log

    def require(self, scope: Scope) -> None:
        if scope not in self.scopes:
            raise Forbidden(f"this needs the scope {scope}")


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from: what a session's owner, a consent or the audit log is told."""

    address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
