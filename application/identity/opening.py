from dataclasses import dataclass
from datetime import datetime

from application.identity.ports import Claims, Sessions, Tokens, Users
from application.identity.views import Login, user_view
from application.shared.actor import Client
from application.shared.ports import Clock, Crypto, Ids, Secrets
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
    the caller's transaction. Raises AccountInactive."""

    users: Users
    sessions: Sessions
    tokens: Tokens
    secrets: Secrets
    crypto: Crypto
    clock: Clock
    ids: Ids

    async def __call__(self, user: User, client: Client) -> Login:
        now = self.clock.now()
        user.signed_in(now)
        session, refresh = self._session(user.id, now, client)
        await self.users.save(user)
        await self.sessions.add(session)
        access = self.tokens.issue(Claims(user.id, session.id))
        return Login(access, str(refresh), "bearer", self.tokens.lifetime, user_view(user, now))

    def _session(
        self, user_id: UserId, now: datetime, client: Client
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
            address=client.address,
            user_agent=client.user_agent and client.user_agent[:500],
        )
        return session, first


def key_place(session_id: SessionId) -> str:
    """Where a family's key is sealed."""
    return f"sessions:family_key:{session_id}"
