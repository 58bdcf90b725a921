"""The providers that sign a user in."""

from dataclasses import dataclass

from application.identity.oauth import session_of
from application.identity.oauth_ports import OAuthConnections
from application.identity.ports import AuditLog, Users
from application.identity.views import ConnectionView
from application.shared.actor import Actor
from application.shared.ports import Clock, Ids, Transaction
from domain.identity.audit import AuditEvent, Outcome
from domain.identity.oauth import ConnectionId, LastSignInMethod
from domain.shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class ListConnections:
    """The caller's, newest first."""

    connections: OAuthConnections

    async def __call__(self, actor: Actor) -> list[ConnectionView]:
        session_of(actor)
        found = await self.connections.of(actor.user_id)
        return [ConnectionView(c.id, c.provider, c.email, c.created_at) for c in found]


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Remove one of the caller's. Raises NotFound, also for another user's; LastSignInMethod when
    there is no password and no other: of two at once, one is refused."""

    users: Users
    connections: OAuthConnections
    audit: AuditLog
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self, actor: Actor, connection_id: ConnectionId) -> None:
        session_of(actor)
        async with self.transaction:
            user = await self.users.get(actor.user_id)
            owned = [c.id for c in await self.connections.of(user.id)]
            if connection_id not in owned:
                raise NotFound("there is no such connection")
            last = user.password is None and len(owned) == 1
            if not last:
                await self.connections.remove(user.id, connection_id)
            await self.audit.add(self._event(actor, connection_id, denied=last))
        if last:
            raise LastSignInMethod("set a password or connect another provider first")

    def _event(self, actor: Actor, connection_id: ConnectionId, *, denied: bool) -> AuditEvent:
        return AuditEvent(
            id=self.ids.next(),
            at=self.clock.now(),
            action="oauth.unlinked",
            outcome=Outcome.DENIED if denied else Outcome.SUCCESS,
            actor_id=actor.user_id,
            object_type="oauth_connection",
            object_id=connection_id,
            request_id=actor.request_id,
        )
