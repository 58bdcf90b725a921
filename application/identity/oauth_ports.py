"""What signing in by providers needs of the world."""

from typing import Protocol

from domain.identity.oauth import Attempt, ConnectionId, Identity, OAuthConnection
from domain.shared.ids import UserId


class OAuthConnections(Protocol):
    async def add(self, connection: OAuthConnection) -> None:
        """Raises ConnectionTaken when the subject has one."""
        ...

    async def find(self, issuer: str, subject: str) -> OAuthConnection | None:
        """Not locked."""
        ...

    async def of(self, user_id: UserId) -> list[OAuthConnection]:
        """All of a user's, newest first."""
        ...

    async def remove(self, user_id: UserId, connection_id: ConnectionId) -> None:
        """Another user's stays."""
        ...

    async def remove_all(self, user_id: UserId) -> None: ...


class IdentityProvider(Protocol):
    """Asked outside any transaction: it is a service on another machine. Both raise
    ProviderUnavailable."""

    async def address(self, attempt: Attempt) -> str:
        """Where the browser goes to sign in."""
        ...

    async def identity(self, code: str, attempt: Attempt) -> Identity:
        """Who came back with `code`. Raises InvalidProof."""
        ...


class IdentityProviders(Protocol):
    def named(self, name: str) -> IdentityProvider:
        """Raises UnknownProvider."""
        ...
