from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from application.identity.opening import OpenSession, key_place
from application.identity.ports import Claims, Passwords, Sessions, Tokens, Users
from application.identity.views import Login, TokenPair
from application.shared.actor import Actor, Client
from application.shared.ports import Clock, Crypto, Transaction
from application.shared.text import Text
from domain.identity.session import (
    InvalidRefreshToken,
    RefreshToken,
    Session,
    SessionId,
    idle_until,
    member,
    parse_refresh_token,
)
from domain.identity.user import (
    Email,
    InvalidCredentials,
    InvalidEmail,
    User,
    email,
    typed_password,
)
from domain.shared.errors import NotFound


class Credentials(Struct, frozen=True, forbid_unknown_fields=True):
    email: Annotated[Text, Meta(max_length=1024)]
    password: Annotated[Text, Meta(max_length=1024)]


class Refresh(Struct, frozen=True, forbid_unknown_fields=True):
    refresh_token: Annotated[Text, Meta(max_length=200)]


@dataclass(frozen=True, slots=True)
class LogIn:
    """Open a session. An unknown address and a wrong password are the same InvalidCredentials,
    after the same time; a right password may still raise AccountInactive."""

    users: Users
    passwords: Passwords
    open: OpenSession
    transaction: Transaction

    async def __call__(self, credentials: Credentials, client: Client) -> Login:
        user = await self._known(credentials)
        async with self.transaction:
            return await self.open(await self.users.get(user.id), client)

    async def _known(self, credentials: Credentials) -> User:
        address = _address(credentials.email)
        user = await self.users.by_email(address) if address else None
        typed, kept = typed_password(credentials.password), user.password if user else None
        if not await self.passwords.verify(typed, kept) or user is None:
            raise InvalidCredentials("the e-mail or the password is wrong")
        return user


@dataclass(frozen=True, slots=True)
class RefreshSession:
    """Exchange a refresh token for its successor and a new access token.

    Within 10 seconds the token just exchanged still gets the same successor: two tabs of one
    browser, or an answer that was lost, do not end the session. Raises InvalidRefreshToken.
    """

    sessions: Sessions
    tokens: Tokens
    crypto: Crypto
    clock: Clock

    async def __call__(self, refresh: Refresh) -> TokenPair:
        presented, now = parse_refresh_token(refresh.refresh_token), self.clock.now()
        session = await self._session(presented.session_id)
        key = self.crypto.decrypt(session.family_key, key_place(session.id))
        successor = member(session.id, key, presented.counter + 1)
        until = idle_until(now, session.expires_at)
        if not await self.sessions.rotate(presented, successor, now, until):
            await self._gave_already(presented, now)
        access = self.tokens.issue(Claims(session.user_id, session.id))
        return TokenPair(access, str(successor), "bearer", self.tokens.lifetime)

    async def _gave_already(self, presented: RefreshToken, now: datetime) -> None:
        session = await self._session(presented.session_id)
        if not session.gives_again(presented, now):
            raise InvalidRefreshToken("this refresh token is not valid")

    async def _session(self, session_id: SessionId) -> Session:
        try:
            return await self.sessions.get(session_id)
        except NotFound:
            raise InvalidRefreshToken("this refresh token is not valid") from None


@dataclass(frozen=True, slots=True)
class LogOut:
    """End the caller's session: its access and refresh tokens are dead from the next request on."""

    sessions: Sessions
    clock: Clock

    async def __call__(self, actor: Actor) -> None:
        if actor.session_id is not None:
            session_id = SessionId(actor.session_id)
            await self.sessions.revoke(actor.user_id, session_id, self.clock.now(), "logout")


def _address(text: str) -> Email | None:
    """None for what cannot be an address: no account has it, and nobody is told why."""
    try:
        return email(text)
    except InvalidEmail:
        return None
