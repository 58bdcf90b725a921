"""Stands for passwords, tokens and encryption where tests want to see through them."""

from datetime import datetime
from uuid import UUID

from application.identity.ports import Claims
from application.identity.views import KeySet
from application.shared.ports import Ids
from domain.identity.session import SessionId
from domain.identity.signing_key import KeyState, SigningKey
from domain.identity.user import Password, PasswordHash
from domain.shared.errors import CannotDecrypt, Unauthenticated
from domain.shared.ids import UserId


class PlainPasswords:
    """For tests: the hash of `x` is `plain:x`, and was `old:x` once."""

    async def hash(self, password: Password) -> PasswordHash:
        return PasswordHash(f"plain:{password.text}")

    async def verify(self, typed: str, against: PasswordHash | None) -> bool:
        return against in (f"plain:{typed}", f"old:{typed}")

    async def renewed(self, typed: str, kept: PasswordHash) -> PasswordHash | None:
        return PasswordHash(f"plain:{typed}") if kept.startswith("old:") else None


class PlainTokens:
    """For tests: a token says openly whose it is."""

    lifetime = 1800

    def issue(self, claims: Claims) -> str:
        return f"plain.{claims.user_id}.{claims.session_id}"

    async def read(self, token: str) -> Claims:
        try:
            plain, user_id, session_id = token.split(".")
            if plain != "plain":
                raise ValueError(token)
            return Claims(UserId(UUID(user_id)), SessionId(UUID(session_id)))
        except ValueError:
            raise Unauthenticated("this token is not valid") from None

    def public_keys(self) -> KeySet:
        return KeySet([])


class PlainKeyPairs:
    """For tests: a key that signs nothing."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids

    def make(self, state: KeyState, at: datetime) -> SigningKey:
        return SigningKey(
            kid=str(self._ids.next()),
            algorithm="none",
            public_jwk="{}",
            private_key=b"",
            state=state,
            created_at=at,
        )


class PlainCrypto:
    """For tests: a sealed value is its place and itself."""

    def encrypt(self, plain: bytes, place: str) -> bytes:
        return place.encode() + b"|" + plain

    def decrypt(self, sealed: bytes, place: str) -> bytes:
        kept, _, plain = sealed.partition(b"|")
        if kept != place.encode():
            raise CannotDecrypt(place)
        return plain
