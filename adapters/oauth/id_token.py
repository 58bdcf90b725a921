"""Reading id_tokens (OpenID Connect Core 1.0, 3.1.3.7)."""

import hmac
from datetime import timedelta
from typing import Any

import jwt
from msgspec import Struct

from adapters.oauth.outside import Cached
from domain.identity.oauth import InvalidProof

LEEWAY = timedelta(seconds=60)
_ALGORITHMS = ["RS256", "ES256"]
_REQUIRED = ["iss", "sub", "aud", "exp", "iat", "nonce"]

type Claims = dict[str, Any]


class KeySet(Struct, frozen=True):
    """A provider's JWKS (RFC 7517)."""

    keys: list[dict[str, Any]]


async def read(
    token: str, keys: Cached[KeySet], *, issuer: str, client_id: str, nonce: str
) -> Claims:
    """What a token says. Raises InvalidProof unless the provider made it, for us, for this
    sign-in, and not long ago; ProviderUnavailable when its keys cannot be had."""
    try:
        kid = jwt.get_unverified_header(token).get("kid")
        key = _key(await keys.get(), kid) or _key(await keys.renewed(), kid)
        if key is None:
            raise _invalid()
        claims: Claims = jwt.decode(
            token,
            key,
            algorithms=_ALGORITHMS,
            audience=client_id,
            issuer=issuer,
            leeway=LEEWAY,
            options={"require": _REQUIRED},
        )
    except (jwt.PyJWTError, ValueError, TypeError):
        raise _invalid() from None
    if not _for_us(claims, client_id) or not _answers(claims, nonce):
        raise _invalid()
    return claims


def _key(found: KeySet, kid: Any) -> jwt.PyJWK | None:
    """The key called `kid`. A token may leave that out when there is but one."""
    signing = [key for key in found.keys if key.get("use", "sig") == "sig"]
    named = [key for key in signing if key.get("kid") == kid] if kid else signing
    if len(named) != 1:
        return None
    key = jwt.PyJWK(named[0])
    return key if key.algorithm_name in _ALGORITHMS else None


def _for_us(claims: Claims, client_id: str) -> bool:
    """Among several audiences, the one that asked is named apart."""
    party = claims.get("azp")
    alone = claims["aud"] in (client_id, [client_id])
    return party == client_id if party is not None else alone


def _answers(claims: Claims, nonce: str) -> bool:
    said, subject = claims["nonce"], claims["sub"]
    if not isinstance(said, str) or not isinstance(subject, str) or not 0 < len(subject) <= 255:
        return False
    return hmac.compare_digest(said.encode(), nonce.encode())


def _invalid() -> InvalidProof:
    return InvalidProof("what the provider says of you does not hold: start again")
