from dataclasses import dataclass
from datetime import datetime

from application.identity.ports import AuditLog, Claims, Sessions, Tokens, Users
from application.identity.views import Login, user_view
from application.shared.actor import Client
from application.shared.ports import Clock, Crypto, Ids, Secrets
from domain.identity.audit import AuditEvent
from domain.identity.session import (
    ABSOLUTE,
    RefreshToken,
    Session,
    SessionId,
    idle_until,
    member,
)
from domain.identity.user import User
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Open a session for somebody who has proven to be `user`, whom the caller has locked; inside
    the caller's transaction, as its last step. Raises AccountInactive."""

    users: Users
    sessions: Sessions
    audit: AuditLog
    tokens: Tokens
    secrets: Secrets
    crypto: Crypto
    clock: Clock
    ids: Ids

    async def __call__(self, user: User, client: Client, device_name: str | None = None) -> Login:
        now = self.clock.now()
        user.signed_in(now)
        session, refresh = self._session(user.id, now, client, device_name)
        access = self.tokens.issue(Claims(user.id, session.id))
        await self.users.save(user)
        await self.sessions.add(session)
        await self.audit.add(self._entry(session, client))
        return Login(access, str(refresh), "bearer", self.tokens.lifetime, user_view(user, now))

    def _session(
        self, user_id: UserId, now: datetime, client: Client, device_name: str | None
    ) -> tuple[Session, RefreshToken]:
        key, session_id = self.secrets.token(), SessionId(self.ids.next())
        first = member(session_id, key, 0)
        session = Session(
            id=session_id,
            user_id=user_id,
            family_key=self.crypto.encrypt(key, key_place(session_id)),
            counter=0,
            token_hash=first.hash,
            created_at=now,
            idle_until=idle_until(now, now + ABSOLUTE),
            expires_at=now + ABSOLUTE,
            device_name=device_name,
            address=client.address,
            user_agent=client.user_agent and client.user_agent[:500],
        )
        return session, first

    def _entry(self, session: Session, client: Client) -> AuditEvent:
        return AuditEvent(
            id=self.ids.next(),
            at=session.created_at,
            action="session.opened",
            actor_id=session.user_id,
            object_type="session",
            object_id=session.id,
            request_id=client.request_id,
        )


def key_place(session_id: SessionId) -> str:
    """Where a family's key is sealed."""
    return f"sessions:family_key:{session_id}"
