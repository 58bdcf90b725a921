"""The keys of access tokens: pairs in the database, or one secret that is configured."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from application.identity.ports import KeyPairs, SigningKeys
from application.shared.ports import Clock, Crypto, Ids
from domain.identity.signing_key import KeyState, SigningKey


@dataclass(frozen=True, slots=True)
class Keys:
    """What signs, and what verifies, at one moment: all of the same algorithm."""

    algorithm: str
    kid: str  # of the one that signs
    private: Any = field(repr=False)
    public: Mapping[str, Any] = field(repr=False)  # by kid
    jwks: list[dict[str, Any]]


class KeySource(Protocol):
    async def load(self) -> Keys: ...


class EcKeyPairs:
    """ES256: ECDSA on P-256."""

    algorithm = "ES256"

    def __init__(self, crypto: Crypto, ids: Ids) -> None:
        self._crypto, self._ids = crypto, ids

    def make(self, state: KeyState, at: datetime) -> SigningKey:
        private, kid = ec.generate_private_key(ec.SECP256R1()), str(self._ids.next())
        jwk = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
        public = jwk | {"kid": kid, "alg": self.algorithm, "use": "sig"}
        der = private.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return SigningKey(
            kid=kid,
            algorithm=self.algorithm,
            public_jwk=msgspec.json.encode(public).decode(),
            private_key=self._crypto.encrypt(der, _place(kid)),
            state=state,
            created_at=at,
        )


class StoredKeys:
    """Of the database, which the first process to ask finds empty and fills."""

    def __init__(
        self,
        stored: SigningKeys,
        pairs: KeyPairs,
        crypto: Crypto,
        clock: Clock,
        lifetime: timedelta,
    ) -> None:
        self._stored, self._pairs, self._crypto = stored, pairs, crypto
        self._clock, self._lifetime = clock, lifetime

    async def load(self) -> Keys:
        now = self._clock.now()
        active, *others = await self._complete(now)
        living = [active, *(key for key in others if key.verifies(now, self._lifetime))]
        jwks = [msgspec.json.decode(key.public_jwk, type=dict[str, Any]) for key in living]
        return Keys(
            EcKeyPairs.algorithm,
            active.kid,
            _private_key(active, self._crypto),
            {jwk["kid"]: jwt.PyJWK(jwk).key for jwk in jwks},
            jwks,
        )

    async def _complete(self, now: datetime) -> list[SigningKey]:
        found = await self._stored.all()
        missing = {KeyState.ACTIVE, KeyState.NEXT} - {key.state for key in found}
        for state in missing:
            await self._stored.add(self._pairs.make(state, now))
        return await self._stored.all() if missing else found


class SharedSecret:
    """HS256, for those who ask: who can verify can sign as well, so nothing is published."""

    def __init__(self, secret: str) -> None:
        key = secret.encode()
        self._keys = Keys("HS256", "shared", key, {"shared": key}, [])

    async def load(self) -> Keys:
        return self._keys


def _private_key(key: SigningKey, crypto: Crypto) -> ec.EllipticCurvePrivateKey:
    der = crypto.decrypt(key.private_key, _place(key.kid))
    loaded = serialization.load_der_private_key(der, password=None)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise TypeError(f"signing key {key.kid} is not an elliptic curve key")
    return loaded


def _place(kid: str) -> str:
    return f"signing_keys:private_key:{kid}"
