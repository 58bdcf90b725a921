from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from application.identity.devices import EndSession, own_session
from application.identity.links import EmailPolicy
from application.identity.opening import OpenSession, key_place
from application.identity.ports import AuditLog, Claims, Passwords, Sessions, Tokens, Users
from application.identity.throttling import LoginThrottle
from application.identity.views import Login, TokenPair
from application.shared.actor import Actor, Client
from application.shared.ports import Clock, Crypto, Ids, Transaction
from application.shared.text import Text
from domain.identity.audit import AuditEvent, Outcome
from domain.identity.login_failures import identifier
from domain.identity.session import (
    InvalidRefreshToken,
    RefreshToken,
    Session,
    SessionId,
    genuine,
    idle_until,
    member,
    parse_refresh_token,
)
from domain.identity.user import (
    InvalidCredentials,
    InvalidEmail,
    PasswordHash,
    User,
    email,
    typed_password,
)
from domain.shared.errors import NotFound

_WRONG = "the e-mail or the password is wrong"
_INVALID = "this refresh token is not valid"


class Credentials(Struct, frozen=True, forbid_unknown_fields=True):
    """`device_name` is what the session is called in the list of sessions."""

    email: Annotated[Text, Meta(max_length=1024)]
    password: Annotated[Text, Meta(max_length=1024)]
    device_name: Annotated[Text, Meta(min_length=1, max_length=100)] | None = None


class Refresh(Struct, frozen=True, forbid_unknown_fields=True):
    refresh_token: Annotated[Text, Meta(max_length=200)]


@dataclass(frozen=True, slots=True)
class LogIn:
    """Open a session. An unknown address and a wrong password are the same InvalidCredentials,
    after the same queries and the same time; a right password may still raise AccountInactive or
    EmailNotVerified. Too many wrong ones raise AccountLocked or Busy, before anything is hashed."""

    users: Users
    passwords: Passwords
    throttle: LoginThrottle
    policy: EmailPolicy
    open: OpenSession
    transaction: Transaction

    async def __call__(self, credentials: Credentials, client: Client) -> Login:
        name = identifier(credentials.email)
        await self.throttle.admit(name, client)
        for _ in range(2):  # the second time for who is changed while the first is verified
            user = await self._known(credentials)
            if not await self._right(credentials, user) or user is None:
                await self.throttle.count(name, user.id if user else None, client)
                break
            if login := await self._opened(credentials, user, name, client):
                return login
        raise InvalidCredentials(_WRONG)

    async def _opened(
        self, credentials: Credentials, user: User, name: bytes, client: Client
    ) -> Login | None:
        """None when the password was changed, and all sessions ended, while it was verified."""
        verified, renewed = user.password, await self._renewed(credentials, user)
        async with self.transaction:
            user = await self._held(user)
            if user.password != verified:
                return None
            user.password = renewed or verified
            self.policy.admit(user)
            await self.throttle.forgive(name)
            return await self.open(user, client, credentials.device_name)

    async def _known(self, credentials: Credentials) -> User | None:
        """What cannot be an address has no account, and nobody is told why."""
        try:
            return await self.users.by_email(email(credentials.email))
        except InvalidEmail:
            return None

    async def _right(self, credentials: Credentials, user: User | None) -> bool:
        typed = typed_password(credentials.password)
        return await self.passwords.verify(typed, user.password if user else None)

    async def _held(self, user: User) -> User:
        try:
            return await self.users.get(user.id)
        except NotFound:  # deleted meanwhile
            raise InvalidCredentials(_WRONG) from None

    async def _renewed(self, credentials: Credentials, user: User) -> PasswordHash | None:
        if user.password is None:
            return None
        return await self.passwords.renewed(typed_password(credentials.password), user.password)


@dataclass(frozen=True, slots=True)
class RefreshSession:
    """Exchange a refresh token for its successor and a new access token. Raises InvalidRefreshToken.

    Within 10 seconds the token just exchanged still gets the same successor: two tabs of one
    browser, or an answer that was lost, do not end the session. An older one of the same family
    ends it, for then two hold its tokens, and nobody can tell the owner from the thief.
    """

    sessions: Sessions
    audit: AuditLog
    tokens: Tokens
    crypto: Crypto
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self, refresh: Refresh, client: Client) -> TokenPair:
        presented, now = parse_refresh_token(refresh.refresh_token), self.clock.now()
        session = await self._session(presented.session_id)
        key = self.crypto.decrypt(session.family_key, key_place(session.id))
        if not genuine(presented, key):
            raise InvalidRefreshToken(_INVALID)
        successor = member(session.id, key, presented.counter + 1)
        until = idle_until(now, session.expires_at)
        if not await self.sessions.rotate(presented, successor, now, until):
            await self._was_exchanged(presented, now, client)
        access = self.tokens.issue(Claims(session.user_id, session.id))
        return TokenPair(access, str(successor), "bearer", self.tokens.lifetime)

    async def _was_exchanged(self, presented: RefreshToken, now: datetime, client: Client) -> None:
        session = await self._session(presented.session_id)
        if session.gives_again(presented, now):
            return
        if session.reuses(presented, now):
            await self._revoke(session, now, client)
        raise InvalidRefreshToken(_INVALID)

    async def _revoke(self, session: Session, now: datetime, client: Client) -> None:
        detected = AuditEvent(
            id=self.ids.next(),
            at=now,
            action="session.reuse_detected",
            outcome=Outcome.DENIED,
            actor_id=session.user_id,
            object_type="session",
            object_id=session.id,
            request_id=client.request_id,
        )
        async with self.transaction:
            if await self.sessions.revoke(session.user_id, session.id, now, "reuse"):
                await self.audit.add(detected)

    async def _session(self, session_id: SessionId) -> Session:
        try:
            return await self.sessions.get(session_id)
        except NotFound:
            raise InvalidRefreshToken(_INVALID) from None


@dataclass(frozen=True, slots=True)
class IdentifySession:
    """Whose a refresh token is, without using it up: a browser whose access cookie has expired
    still may log out. Raises InvalidRefreshToken."""

    sessions: Sessions
    crypto: Crypto

    async def __call__(self, refresh: Refresh) -> Actor:
        presented = parse_refresh_token(refresh.refresh_token)
        try:
            session = await self.sessions.get(presented.session_id)
        except NotFound:
            raise InvalidRefreshToken("this refresh token is not valid") from None
        key = self.crypto.decrypt(session.family_key, key_place(session.id))
        if member(session.id, key, presented.counter).hash != presented.hash:
            raise InvalidRefreshToken("this refresh token is not valid")
        return Actor(session.user_id, frozenset(), session.id)


@dataclass(frozen=True, slots=True)
class LogOut:
    """End the caller's session: its access and refresh tokens are dead from the next request on."""

    end: EndSession

    async def __call__(self, actor: Actor) -> None:
        with suppress(NotFound):  # two tabs log out at once
            await self.end(actor, own_session(actor))
