from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from application.identity.linking import LINKED, Decision, Denied, FindAccount, Request
from application.identity.oauth_ports import IdentityProvider, IdentityProviders
from application.identity.opening import OpenSession
from application.identity.ports import AuditLog, OneTimeTokens
from application.identity.views import Login
from application.shared.actor import Actor, Client
from application.shared.limits import RateLimits
from application.shared.ports import Clock, Crypto, Ids, Secrets, Transaction
from domain.identity.audit import AuditEvent, Outcome
from domain.identity.oauth import (
    Attempt,
    Identity,
    InvalidProof,
    ProviderDenied,
    ProviderUnavailable,
    ReturnTargets,
)
from domain.identity.one_time_token import (
    LIFETIME,
    OneTimeToken,
    OneTimeTokenId,
    Purpose,
    token_hash,
    token_text,
)
from domain.identity.session import SessionId
from domain.shared.errors import DomainError, Forbidden
from domain.shared.ids import UserId

_STARTS_A_MINUTE = 60  # of one address, which a whole office may share
_THEIR_FAULT = ("server_error", "temporarily_unavailable")  # RFC 6749, 4.1.2.1


@dataclass(frozen=True, slots=True)
class Started:
    """`url` is the provider's page; `binding` stays in the browser that is sent there."""

    url: str
    binding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """What a browser brings back from `provider`: `state` with a `code` or an `error`."""

    provider: str
    state: str
    binding: str
    code: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """`redirect_to` is where the browser wanted to go; it has been admitted."""

    login: Login
    redirect_to: str | None


class Remembered(Struct, frozen=True):
    """An attempt's payload while the browser is away, encrypted. `session_id` is that of a caller
    who is connecting the provider to their account."""

    nonce: str
    verifier: str
    redirect_to: str | None
    session_id: UUID | None


@dataclass(frozen=True, slots=True)
class StartSignIn:
    """Send a browser to a provider; with an `actor`, to connect it to their account. Raises
    UnknownProvider, RedirectNotAllowed, ProviderUnavailable, Busy."""

    providers: IdentityProviders
    targets: ReturnTargets
    one_time_tokens: OneTimeTokens
    rate_limits: RateLimits
    secrets: Secrets
    crypto: Crypto
    clock: Clock
    ids: Ids

    async def __call__(
        self, actor: Actor | None, client: Client, provider: str, redirect_to: str | None
    ) -> Started:
        session_id = session_of(actor) if actor else None
        asked = self.providers.named(provider)
        target = self.targets.admit(redirect_to) if redirect_to else None
        bucket, now = f"oauth_start:{client.address}", self.clock.now()
        await self.rate_limits.count(bucket, _STARTS_A_MINUTE, timedelta(minutes=1), now)
        attempt = Attempt(self._text(), self._text(), self._text())
        binding, url = self._text(), await asked.address(attempt)
        remembered = Remembered(attempt.nonce, attempt.verifier, target, session_id)
        token_id = OneTimeTokenId(self.ids.next())
        token = OneTimeToken(
            id=token_id,
            user_id=actor.user_id if actor else None,
            purpose=Purpose.OAUTH_STATE,
            hash=_hash(provider, attempt.state, binding),
            payload=self.crypto.encrypt(msgspec.json.encode(remembered), _place(token_id)),
            created_at=now,
            expires_at=now + LIFETIME[Purpose.OAUTH_STATE],
        )
        await self.one_time_tokens.add(token)
        return Started(url, binding)

    def _text(self) -> str:
        return token_text(self.secrets.token())


@dataclass(frozen=True, slots=True)
class FinishSignIn:
    """Open a session for whom the provider sends back. Raises UnknownProvider; InvalidToken unless
    the same browser started it here, not long ago, and for the first time; ProviderDenied,
    InvalidProof, ProviderUnavailable; and why an identity that holds opens no account:
    UnverifiedEmail, AccountExists, ConnectionTaken, AccountInactive."""

    providers: IdentityProviders
    find_account: FindAccount
    open: OpenSession
    one_time_tokens: OneTimeTokens
    audit: AuditLog
    crypto: Crypto
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self, callback: Callback, client: Client) -> Finished:
        provider = self.providers.named(callback.provider)
        token, remembered = await self._taken(callback)
        attempt = Attempt(callback.state, remembered.nonce, remembered.verifier)
        identity = await self._proven(provider, callback, attempt, client)
        async with self.transaction:
            request = _request(token, remembered)
            found = await self.find_account(callback.provider, identity, request)
            done = await self._opened(found, remembered, client)
            await self._record(found, client)
        if isinstance(done, DomainError):
            raise done
        return done

    async def _taken(self, callback: Callback) -> tuple[OneTimeToken, Remembered]:
        hash = _hash(callback.provider, callback.state, callback.binding)
        token = await self.one_time_tokens.take(Purpose.OAUTH_STATE, hash, self.clock.now())
        plain = self.crypto.decrypt(token.payload or b"", _place(token.id))
        return token, msgspec.json.decode(plain, type=Remembered)

    async def _opened(
        self, found: Decision, remembered: Remembered, client: Client
    ) -> Finished | DomainError:
        if isinstance(found, Denied):
            return found.error
        return Finished(await self.open(found.user, client), remembered.redirect_to)

    async def _proven(
        self,
        provider: IdentityProvider,
        callback: Callback,
        attempt: Attempt,
        client: Client,
    ) -> Identity:
        try:
            return await provider.identity(_code(callback), attempt)
        except (InvalidProof, ProviderDenied):
            async with self.transaction:
                await self.audit.add(self._event("oauth.sign_in", None, client, denied=True))
            raise

    async def _record(self, found: Decision, client: Client) -> None:
        if isinstance(found, Denied):
            await self.audit.add(self._event(LINKED, found.user_id, client, denied=True))
        elif found.action:
            await self.audit.add(self._event(found.action, found.user.id, client))

    def _event(
        self, action: str, user_id: UserId | None, client: Client, *, denied: bool = False
    ) -> AuditEvent:
        return AuditEvent(
            id=self.ids.next(),
            at=self.clock.now(),
            action=action,
            outcome=Outcome.DENIED if denied else Outcome.SUCCESS,
            actor_id=None if denied else user_id,
            object_type="user" if user_id else None,
            object_id=user_id,
            request_id=client.request_id,
        )


def session_of(actor: Actor) -> UUID:
    """The session that asks. Raises Forbidden: an API key does not touch credentials."""
    if actor.session_id is None:
        raise Forbidden("this needs a session")
    return actor.session_id


def _code(callback: Callback) -> str:
    """The provider's own words are not repeated: anybody can write such a link."""
    if callback.error in _THEIR_FAULT:
        raise ProviderUnavailable("the provider could not do it", timedelta(seconds=5))
    if callback.error or not callback.code:
        raise ProviderDenied("the provider did not let you sign in")
    return callback.code


def _request(token: OneTimeToken, remembered: Remembered) -> Request | None:
    if token.user_id is None or remembered.session_id is None:
        return None
    return Request(token.user_id, SessionId(remembered.session_id))


def _hash(provider: str, state: str, binding: str) -> bytes:
    """A state of another provider, or of another browser, is not even found."""
    return token_hash(f"{provider}:{state}:{binding}")


def _place(token_id: OneTimeTokenId) -> str:
    return f"one_time_tokens:payload:{token_id}"
