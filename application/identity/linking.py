"""Whose account an identity opens."""

from dataclasses import dataclass

from application.identity.oauth_ports import OAuthConnections
from application.identity.policy import Policy
from application.identity.ports import Credentials, Sessions, Users
from application.identity.registration import RegistrationClosed
from application.shared.ports import Clock, Ids, Outbox, Secrets
from domain.identity.events import UserRegistered
from domain.identity.oauth import (
    AccountExists,
    Claim,
    ConnectionId,
    ConnectionTaken,
    Identity,
    OAuthConnection,
    UnverifiedEmail,
    claim,
)
from domain.identity.one_time_token import InvalidToken
from domain.identity.session import SessionId
from domain.identity.user import Email, User
from domain.shared.errors import DomainError, NotFound
from domain.shared.ids import UserId

LINKED = "oauth.linked"
TAKEN_OVER = "oauth.takeover"


@dataclass(frozen=True, slots=True)
class Admitted:
    """`user` is locked; `action` is what had to be done first, for the audit log."""

    user: User
    action: str | None = None


@dataclass(frozen=True, slots=True)
class Denied:
    error: DomainError
    user_id: UserId | None = None


type Decision = Admitted | Denied


@dataclass(frozen=True, slots=True)
class Request:
    """A user's own wish to connect a provider, made in a session of theirs."""

    user_id: UserId
    session_id: SessionId


@dataclass(frozen=True, slots=True)
class FindAccount:
    """The account of an identity: the one it is connected with; else the one of who asked to
    connect it; else the one that has its verified address, if `claim` says so; else a new one.

    Asked inside a transaction. A denial is a value, so that the transaction that audits it is kept.
    Raises InvalidToken when who asked has been signed out meanwhile.
    """

    users: Users
    connections: OAuthConnections
    sessions: Sessions
    credentials: Credentials
    policy: Policy
    secrets: Secrets
    clock: Clock
    ids: Ids
    outbox: Outbox

    async def __call__(
        self, provider: str, identity: Identity, request: Request | None
    ) -> Decision:
        asking = await self._asking(request) if request else None
        known = await self._connected(identity)
        if asking is not None and known is not None and known.id != asking.id:
            taken = "this account of the provider is connected to another account"
            return Denied(ConnectionTaken(taken), asking.id)
        if known is not None:
            return Admitted(known)
        if asking is not None:
            return await self._connect(asking, provider, identity)
        return await self._by_email(provider, identity)

    async def _asking(self, request: Request) -> User:
        """Who was signed out, by themselves or by a takeover, connects nothing any more: it may
        have been a thief. The lock on the account comes first, so that it holds."""
        user = await self.users.get(request.user_id)
        session = await self.sessions.get(request.session_id)
        if session.revoked_at is not None or session.idle_until <= self.clock.now():
            raise InvalidToken("the session that started this has ended")
        return user

    async def _connected(self, identity: Identity) -> User | None:
        connection = await self.connections.find(identity.issuer, identity.subject)
        if connection is None:
            return None
        try:
            user = await self.users.get(connection.user_id)
        except NotFound:  # deleted: as its address, its connections are free again
            await self.connections.remove(connection.user_id, connection.id)
            return None
        # Whoever had the lock before us may have removed it.
        now = await self.connections.find(identity.issuer, identity.subject)
        return user if now == connection else None

    async def _by_email(self, provider: str, identity: Identity) -> Decision:
        if identity.email is None or not identity.email_verified:
            return Denied(UnverifiedEmail("the provider has not verified your e-mail address"))
        found = await self.users.by_email(identity.email)
        if found is None and not self.policy.registration_open:
            return Denied(RegistrationClosed("nobody can register here"))
        if found is None:
            return await self._connect(
                await self._new(identity, identity.email), provider, identity
            )
        user = await self.users.get(found.id)
        opens = claim(user) if user.email == identity.email else Claim.NOTHING
        if opens is Claim.NOTHING:
            detail = "this e-mail has an account: sign in to it, then connect the provider"
            return Denied(AccountExists(detail), user.id)
        if opens is Claim.TAKE_OVER:
            await self._take_over(user)
        action = TAKEN_OVER if opens is Claim.TAKE_OVER else LINKED
        return await self._connect(user, provider, identity, action)

    async def _new(self, identity: Identity, address: Email) -> User:
        now = self.clock.now()
        user = User(
            id=UserId(self.ids.next()),
            email=address,
            password=None,
            full_name=identity.full_name,
            anonymous_id=self.secrets.token().hex(),
            email_verified=True,
            created_at=now,
            updated_at=now,
        )
        await self.users.add(user)
        await self.outbox.publish(UserRegistered(self.ids.next(), user.id))
        return user

    async def _take_over(self, user: User) -> None:
        """Nothing that could open the account before does any more: whoever had it before its
        owner came has no way back."""
        now = self.clock.now()
        user.password, user.email_verified, user.updated_at = None, True, now
        await self.credentials.revoke(user.id, now, "takeover")
        await self.connections.remove_all(user.id)

    async def _connect(
        self, user: User, provider: str, identity: Identity, action: str = LINKED
    ) -> Admitted:
        now = self.clock.now()
        connection = OAuthConnection(
            id=ConnectionId(self.ids.next()),
            user_id=user.id,
            provider=provider,
            issuer=identity.issuer,
            subject=identity.subject,
            email=identity.email,
            created_at=now,
            updated_at=now,
        )
        await self.connections.add(connection)
        return Admitted(user, action)
