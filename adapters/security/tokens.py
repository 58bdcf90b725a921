"""Access tokens: RFC 9068 JWTs."""

import asyncio
import hashlib
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import msgspec
from jwt.utils import base64url_decode, base64url_encode
from msgspec import Struct

from adapters.security.keys import Keys, KeySource
from application.identity.ports import Claims
from application.identity.views import KeySet
from application.shared.actor import EVERYTHING_OWN
from application.shared.ports import Clock, Ids
from domain.identity.session import SessionId
from domain.identity.signing_key import FOLLOWED, LEEWAY
from domain.shared.errors import Unauthenticated
from domain.shared.ids import UserId

_KIND = "at+jwt"
_SCOPE = " ".join(sorted(EVERYTHING_OWN))  # for others to read: Callers asks the database
_REMEMBERED = 10_000
_LOOKS = timedelta(seconds=10)  # between two searches for an unknown key: anybody can make one up

_log = logging.getLogger(__name__)


class _Body(Struct, frozen=True):
    """What has to be in a token besides issuer and audience, and of which type."""

    sub: UUID
    sid: UUID
    jti: str
    scope: str
    iat: int
    exp: int


class JwtTokens:
    """Issues and reads access tokens. A signature found good is remembered until it expires or the
    keys change, for verifying costs 150 µs; whether session and user still hold is asked anew every
    time."""

    def __init__(
        self,
        source: KeySource,
        keys: Keys,
        clock: Clock,
        ids: Ids,
        *,
        issuer: str,
        lifetime: timedelta,
    ) -> None:
        self._source, self._keys = source, keys
        self._clock, self._ids, self._issuer, self._lifetime = clock, ids, issuer, lifetime
        self._seen: OrderedDict[bytes, tuple[Claims, int]] = OrderedDict()
        self._looking, self._looked = (
            asyncio.Lock(),
            datetime.min.replace(tzinfo=clock.now().tzinfo),
        )

    @property
    def lifetime(self) -> int:
        return int(self._lifetime.total_seconds())

    def issue(self, claims: Claims) -> str:
        now = self._clock.now()
        body = {
            "iss": self._issuer,
            "aud": self._issuer,
            "sub": str(claims.user_id),
            "sid": str(claims.session_id),
            "jti": str(self._ids.next()),
            "iat": now,
            "exp": now + self._lifetime,
            "scope": _SCOPE,
        }
        headers = {"kid": self._keys.kid, "typ": _KIND}
        return jwt.encode(body, self._keys.private, algorithm=self._keys.algorithm, headers=headers)

    async def read(self, token: str) -> Claims:
        digest = hashlib.sha256(token.encode()).digest()
        found = self._seen.get(digest)
        if found is None:
            found = self._seen[digest] = await self._verified(token)
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        claims, expires = found
        if self._clock.now().timestamp() > expires + LEEWAY.total_seconds():
            raise Unauthenticated("this token has expired")
        return claims

    def public_keys(self) -> KeySet:
        return KeySet(self._keys.jwks)

    async def reload(self) -> None:
        """Sign and verify with the keys that there are now."""
        keys = await self._source.load()
        if keys.public.keys() != self._keys.public.keys():
            self._seen.clear()
        self._keys = keys

    async def follow(self, every: timedelta = FOLLOWED / 2) -> None:
        """Reload without end: what fails this time may succeed the next."""
        while True:
            await asyncio.sleep(every.total_seconds())
            try:
                await self.reload()
            except Exception as error:
                _log.warning("the signing keys were not read again: %r", error)

    async def _verified(self, token: str) -> tuple[Claims, int]:
        try:
            kid = str(jwt.get_unverified_header(token)["kid"])
            if kid not in self._keys.public:
                await self._look_for(kid)
            return self._verify(token, self._keys.public[kid])
        except (jwt.PyJWTError, msgspec.ValidationError, LookupError, ValueError):
            raise Unauthenticated("this token is not valid") from None

    async def _look_for(self, kid: str) -> None:
        """It may be newer than what we know."""
        async with self._looking:
            now = self._clock.now()
            just_looked = self._looked is not None and now - self._looked < _LOOKS
            if kid not in self._keys.public and not just_looked:
                self._looked = now
                await self.reload()

    def _verify(self, token: str, key: Any) -> tuple[Claims, int]:
        _require_canonical(token)
        found = jwt.decode_complete(
            token,
            key,
            algorithms=[self._keys.algorithm],
            audience=self._issuer,
            issuer=self._issuer,
            # Our own clock judges the time.
            options={"strict_aud": True, "verify_exp": False, "verify_iat": False},
        )
        body = msgspec.convert(found["payload"], _Body)
        issued_late = body.iat > (self._clock.now() + LEEWAY).timestamp()
        if found["header"].get("typ") != _KIND or issued_late:
            raise ValueError("not an access token of today")
        return Claims(UserId(body.sub), SessionId(body.sid)), body.exp


@asynccontextmanager
async def following(
    source: KeySource, clock: Clock, ids: Ids, *, issuer: str, lifetime: timedelta
) -> AsyncIterator[JwtTokens]:
    """Tokens that follow the keys of `source` for the duration of the block."""
    keys = await source.load()
    tokens = JwtTokens(source, keys, clock, ids, issuer=issuer, lifetime=lifetime)
    task = asyncio.create_task(tokens.follow())
    try:
        yield tokens
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _require_canonical(token: str) -> None:
    """Base64 reads many texts as the same bytes: without this, a changed signature could be good."""
    signature = token.rpartition(".")[2].encode()
    if base64url_encode(base64url_decode(signature)) != signature:
        raise ValueError("not canonical")
