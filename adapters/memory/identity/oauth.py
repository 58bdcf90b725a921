from urllib.parse import urlencode
from uuid import UUID

from adapters.memory.store import Store
from application.identity.oauth_ports import IdentityProvider
from domain.identity.oauth import (
    Attempt,
    ConnectionId,
    ConnectionTaken,
    Identity,
    InvalidProof,
    OAuthConnection,
    ReturnTargets,
    UnknownProvider,
)
from domain.identity.user import email
from domain.shared.ids import UserId


class MemoryOAuthConnections:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, connection: OAuthConnection) -> None:
        if await self.find(connection.issuer, connection.subject) is not None:
            raise ConnectionTaken("this account of the provider is connected already")
        self._table[connection.user_id, connection.id] = connection

    async def find(self, issuer: str, subject: str) -> OAuthConnection | None:
        found = (c for c in self._table.values() if (c.issuer, c.subject) == (issuer, subject))
        return next(found, None)

    async def of(self, user_id: UserId) -> list[OAuthConnection]:
        owned = [c for c in self._table.values() if c.user_id == user_id]
        return sorted(owned, key=lambda c: c.id, reverse=True)

    async def remove(self, user_id: UserId, connection_id: ConnectionId) -> None:
        self._table.pop((user_id, connection_id), None)

    async def remove_all(self, user_id: UserId) -> None:
        for connection in await self.of(user_id):
            await self.remove(user_id, connection.id)

    @property
    def _table(self) -> dict[tuple[UUID, UUID], OAuthConnection]:
        return self._store.table(OAuthConnection)


class PlainProvider:
    """For tests: whoever brings the code `ada ada@example.org` is Ada, and that is her verified
    address; `ada` alone has none."""

    async def address(self, attempt: Attempt) -> str:
        query = {"state": attempt.state, "challenge": attempt.challenge}
        return f"https://plain.example/authorize?{urlencode(query)}"

    async def identity(self, code: str, attempt: Attempt) -> Identity:
        subject, _, address = code.partition(" ")
        if not subject:
            raise InvalidProof("this code is not valid")
        return Identity(
            issuer="https://plain.example",
            subject=subject,
            email=email(address) if address else None,
            email_verified=bool(address),
        )


class PlainProviders:
    def named(self, name: str) -> IdentityProvider:
        if name != "plain":
            raise UnknownProvider("there is no such provider")
        return PlainProvider()


class LocalTargets(ReturnTargets):
    def __init__(self) -> None:
        super().__init__(("http://localhost:8000",))
