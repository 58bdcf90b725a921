"""Access tokens: RFC 9068 JWTs, signed ES256, with keys that live encrypted in the database."""

import hashlib
from collections import OrderedDict
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from application.identity.ports import Claims, SigningKey, SigningKeys
from application.identity.views import KeySet
from application.shared.ports import Clock, Crypto, Ids
from domain.identity.session import SessionId
from domain.shared.errors import Unauthenticated
from domain.shared.ids import UserId

ALGORITHM = "ES256"
LEEWAY = timedelta(seconds=30)
_REQUIRED = ["iss", "aud", "sub", "sid", "jti", "iat", "exp"]
_REMEMBERED = 10_000


class JwtTokens:
    """Issues and reads access tokens. A signature found good is remembered until it expires, for
    verifying costs 150 µs; whether session and user still hold is asked anew every time."""

    def __init__(
        self,
        keys: list[SigningKey],
        crypto: Crypto,
        clock: Clock,
        ids: Ids,
        *,
        issuer: str,
        lifetime: timedelta,
    ) -> None:
        self._clock, self._ids, self._issuer, self._lifetime = clock, ids, issuer, lifetime
        self._kid = keys[0].kid
        self._private = _private_key(keys[0], crypto)
        self._jwks = [msgspec.json.decode(key.public_jwk, type=dict[str, Any]) for key in keys]
        self._public = {jwk["kid"]: jwt.PyJWK(jwk).key for jwk in self._jwks}
        self._seen: OrderedDict[bytes, tuple[Claims, float]] = OrderedDict()

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
        }
        headers = {"kid": self._kid, "typ": "at+jwt"}
        return jwt.encode(body, self._private, algorithm=ALGORITHM, headers=headers)

    def read(self, token: str) -> Claims:
        seen = hashlib.sha256(token.encode()).digest()
        found = self._seen.get(seen)
        if found is None:
            found = self._seen[seen] = self._verify(token)
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        claims, expires = found
        if self._clock.now().timestamp() > expires + LEEWAY.total_seconds():
            raise Unauthenticated("this token has expired")
        return claims

    def public_keys(self) -> KeySet:
        return KeySet(self._jwks)

    def _verify(self, token: str) -> tuple[Claims, float]:
        try:
            header = jwt.get_unverified_header(token)
            if header.get("typ") != "at+jwt":
                raise Unauthenticated("this is not an access token")
            body = jwt.decode(
                token,
                self._public[header["kid"]],
                algorithms=[ALGORITHM],
                audience=self._issuer,
                issuer=self._issuer,
                leeway=LEEWAY,
                # Our own clock judges the time, in `read`.
                options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False},
            )
            claims = Claims(UserId(UUID(body["sub"])), SessionId(UUID(body["sid"])))
            return claims, float(body["exp"])
        except (jwt.PyJWTError, KeyError, TypeError, ValueError, AttributeError):
            raise Unauthenticated("this token is not valid") from None


async def open_tokens(
    keys: SigningKeys,
    crypto: Crypto,
    clock: Clock,
    ids: Ids,
    *,
    issuer: str,
    lifetime: timedelta,
) -> JwtTokens:
    """Tokens signed with the database's active key, which the first process to ask creates."""
    found = await keys.all()
    if not found:
        await keys.add_first(new_key(str(ids.next()), crypto), clock.now())
        found = await keys.all()
    return JwtTokens(found, crypto, clock, ids, issuer=issuer, lifetime=lifetime)


def new_key(kid: str, crypto: Crypto) -> SigningKey:
    private = ec.generate_private_key(ec.SECP256R1())
    jwk = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
    public = jwk | {"kid": kid, "alg": ALGORITHM, "use": "sig"}
    der = private.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    sealed = crypto.encrypt(der, _place(kid))
    return SigningKey(kid, msgspec.json.encode(public).decode(), sealed)


def _private_key(key: SigningKey, crypto: Crypto) -> ec.EllipticCurvePrivateKey:
    der = crypto.decrypt(key.private_key, _place(key.kid))
    loaded = serialization.load_der_private_key(der, password=None)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise TypeError(f"signing key {key.kid} is not an elliptic curve key")
    return loaded


def _place(kid: str) -> str:
    return f"signing_keys:private_key:{kid}"
