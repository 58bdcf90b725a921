from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from application.identity.ports import OneTimeTokens, Users
from application.shared.limits import RateLimits
from application.shared.ports import Clock, Crypto, Ids, Secrets
from application.shared.text import Text
from domain.identity.one_time_token import (
    LIFETIME,
    InvalidToken,
    OneTimeToken,
    OneTimeTokenId,
    Purpose,
    token_hash,
    token_text,
)
from domain.identity.session import SessionId
from domain.identity.user import Email, EmailNotVerified, User
from domain.shared.errors import NotFound
from domain.shared.ids import UserId

PAGES = {
    Purpose.PASSWORD_RESET: "reset-password",
    Purpose.EMAIL_VERIFICATION: "verify-email",
    Purpose.EMAIL_CHANGE: "confirm-email",
}
LETTERS, WINDOW = 3, timedelta(hours=1)

LinkToken = Annotated[Text, Meta(max_length=200)]


@dataclass(frozen=True, slots=True)
class EmailPolicy:
    """What the operator settles: where links lead, which is never the Host header's to say; and
    whether an address has to be proven before its account may sign in."""

    public_url: str = "http://localhost:8000"
    verification_required: bool = False

    def link(self, purpose: Purpose, token: str) -> str:
        """The token is in the fragment: browsers send that to no server, and to no other page."""
        return f"{self.public_url.rstrip('/')}/{PAGES[purpose]}#token={token}"

    def admit(self, user: User) -> None:
        """Raises EmailNotVerified."""
        if self.verification_required and not user.email_verified:
            raise EmailNotVerified("verify the e-mail of this account first")


@dataclass(frozen=True, slots=True)
class Links:
    """The links that letters hold: each opens one door, once. `make`, `use` and `revoke` are parts
    of a transaction."""

    tokens: OneTimeTokens
    users: Users
    limits: RateLimits
    policy: EmailPolicy
    secrets: Secrets
    crypto: Crypto
    clock: Clock
    ids: Ids

    async def count(self, purpose: Purpose, identifier: str) -> None:
        """Count a letter, before anything is looked up. Raises Busy beyond 3 an hour."""
        bucket = f"letter:{purpose}:{sha256(identifier.encode()).hexdigest()}"
        await self.limits.count(bucket, LETTERS, WINDOW, self.clock.now())

    async def make(
        self, purpose: Purpose, user: User, to: Email, session_id: SessionId | None = None
    ) -> str:
        """`to`: the address that the link proves; `session_id`: the session that asked for it."""
        text, now = token_text(self.secrets.token()), self.clock.now()
        token_id = OneTimeTokenId(self.ids.next())
        payload = self.crypto.encrypt(session_id.bytes, _place(token_id)) if session_id else None
        token = OneTimeToken(
            id=token_id,
            user_id=user.id,
            purpose=purpose,
            hash=token_hash(text),
            email=to,
            payload=payload,
            created_at=now,
            expires_at=now + LIFETIME[purpose],
        )
        await self.tokens.add(token)
        return self.policy.link(purpose, text)

    async def check(self, purpose: Purpose, text: str) -> Email:
        """The address that a token was sent to, before slow work is done for it. Raises
        InvalidToken."""
        token = await self.tokens.find(purpose, token_hash(text), self.clock.now())
        if token.email is None:
            raise InvalidToken("this link or token is not valid any more")
        return token.email

    async def use(self, purpose: Purpose, text: str) -> tuple[OneTimeToken, User]:
        """The token, used up, and its user, locked. Raises InvalidToken."""
        hash, now = token_hash(text), self.clock.now()
        # The user first, as everywhere: two who lock in different orders wait for ever.
        user = await self._user(await self.tokens.find(purpose, hash, now))
        return await self.tokens.take(purpose, hash, now), user

    def asked_by(self, token: OneTimeToken) -> SessionId | None:
        """The session that asked for the link."""
        if token.payload is None:
            return None
        return SessionId(UUID(bytes=self.crypto.decrypt(token.payload, _place(token.id))))

    async def revoke(self, user_id: UserId, *purposes: Purpose) -> None:
        for purpose in purposes:
            await self.tokens.revoke(user_id, purpose, self.clock.now())

    async def _user(self, token: OneTimeToken) -> User:
        try:
            if token.user_id is not None:
                return await self.users.get(token.user_id)
        except NotFound:
            pass
        raise InvalidToken("this link or token is not valid any more")


def _place(token_id: OneTimeTokenId) -> str:
    return f"one_time_tokens:payload:{token_id}"
