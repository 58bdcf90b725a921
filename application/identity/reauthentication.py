from dataclasses import dataclass
from datetime import timedelta

from application.identity.ports import Passwords, Sessions, Users
from application.shared.actor import Actor
from application.shared.limits import RateLimits
from application.shared.ports import Clock
from domain.identity.session import FRESH, ReauthenticationNeeded, SessionId
from domain.identity.user import InvalidCredentials, User, typed_password
from domain.shared.errors import Forbidden

TRIES, WINDOW = 5, timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Reauthentication:
    """Who is about to do what cannot be undone shows once more who they are. Asked before the
    transaction, for hashing is slow."""

    users: Users
    sessions: Sessions
    passwords: Passwords
    limits: RateLimits
    clock: Clock

    async def require(self, actor: Actor, password: str | None) -> User:
        """The password, or a session younger than 5 minutes. Raises InvalidCredentials, and Busy
        after 5 tries in 15 minutes; ReauthenticationNeeded; Forbidden for who has no session."""
        session_id = session_of(actor)
        if password is not None:
            return await self.by_password(actor, password)
        session = await self.sessions.get(session_id)
        if self.clock.now() - session.created_at >= FRESH:
            raise ReauthenticationNeeded("send your password, or sign in anew")
        return await self.users.get(actor.user_id)

    async def by_password(self, actor: Actor, password: str) -> User:
        """Raises InvalidCredentials, Busy."""
        bucket = f"reauthentication:{actor.user_id}"
        await self.limits.count(bucket, TRIES, WINDOW, self.clock.now())
        user = await self.users.get(actor.user_id)
        if not await self.passwords.verify(typed_password(password), user.password):
            raise InvalidCredentials("the password is wrong")
        return user


def session_of(actor: Actor) -> SessionId:
    """Credentials are changed in a session, never with an API key. Raises Forbidden."""
    if actor.session_id is None:
        raise Forbidden("this needs a session")
    return SessionId(actor.session_id)
