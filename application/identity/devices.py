"""Where a user is signed in, and how they end it."""

from dataclasses import dataclass
from datetime import datetime

from application.identity.ports import AuditLog, SessionReader, Sessions
from application.identity.views import SessionView
from application.shared.actor import Actor
from application.shared.page import Page, PageRequest
from application.shared.ports import Clock, Ids, Transaction
from domain.identity.audit import AuditEvent
from domain.identity.session import SessionId
from domain.shared.errors import Forbidden, NotFound


@dataclass(frozen=True, slots=True)
class ListSessions:
    """The caller's live sessions, newest first."""

    reader: SessionReader
    clock: Clock

    async def __call__(self, actor: Actor, request: PageRequest) -> Page[SessionView]:
        current = own_session(actor)
        return await self.reader.page(actor.user_id, current, self.clock.now(), request)


@dataclass(frozen=True, slots=True)
class EndSession:
    """End one of the caller's sessions. Raises NotFound, also for another user's."""

    sessions: Sessions
    audit: AuditLog
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self, actor: Actor, session_id: SessionId) -> None:
        own_session(actor)
        now = self.clock.now()
        async with self.transaction:
            if not await self.sessions.revoke(actor.user_id, session_id, now, "logout"):
                raise NotFound("there is no such session")
            await self.audit.add(_ended(actor, self.ids, now, session_id))


@dataclass(frozen=True, slots=True)
class LogOutEverywhere:
    """End all of the caller's sessions, this one too."""

    sessions: Sessions
    audit: AuditLog
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self, actor: Actor) -> None:
        own_session(actor)
        now = self.clock.now()
        async with self.transaction:
            await self.sessions.revoke_all(actor.user_id, now, "logout_all")
            await self.audit.add(_ended(actor, self.ids, now, None))


def own_session(actor: Actor) -> SessionId:
    """The session that asks. Raises Forbidden: an API key has nothing to do with sessions."""
    if actor.session_id is None:
        raise Forbidden("this needs a session")
    return SessionId(actor.session_id)


def _ended(actor: Actor, ids: Ids, at: datetime, session_id: SessionId | None) -> AuditEvent:
    """One session, or, when it is None, all of the actor's."""
    return AuditEvent(
        id=ids.next(),
        at=at,
        action="session.ended" if session_id else "session.all_ended",
        actor_id=actor.user_id,
        object_type="session" if session_id else "user",
        object_id=session_id or actor.user_id,
        request_id=actor.request_id,
    )
