from copy import deepcopy
from datetime import datetime
from uuid import UUID

from adapters.memory.store import Store
from application.identity.ports import Caller, Claims, SigningKey, Tokens
from application.identity.views import KeySet, user_view
from application.shared.actor import EVERYTHING_OWN, Actor, Scope
from application.shared.ports import Clock
from domain.identity.session import RefreshToken, Session, SessionId
from domain.identity.user import AccountInactive, Email, EmailTaken, Password, PasswordHash, User
from domain.shared.errors import CannotDecrypt, NotFound, Unauthenticated
from domain.shared.ids import UserId


class MemoryUsers:
    """Keeps and gives copies, so an unsaved change is as lost as it is in Postgres."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, user: User) -> None:
        if await self.by_email(user.email) is not None:
            raise EmailTaken("this e-mail has an account already")
        await self.save(user)

    async def get(self, user_id: UserId) -> User:
        user = self._store.table(User).get((user_id, user_id))
        if user is None or user.deleted_at is not None:
            raise NotFound("there is no such user")
        return deepcopy(user)

    async def by_email(self, address: Email) -> User | None:
        users = self._store.table(User).values()
        found = (u for u in users if u.email == address and u.deleted_at is None)
        return deepcopy(next(found, None))

    async def save(self, user: User) -> None:
        self._store.table(User)[user.id, user.id] = deepcopy(user)


class MemorySessions:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, session: Session) -> None:
        self._store.table(Session)[session.id, session.id] = deepcopy(session)

    async def get(self, session_id: SessionId) -> Session:
        try:
            return deepcopy(self._store.table(Session)[session_id, session_id])
        except KeyError:
            raise NotFound("there is no such session") from None

    async def rotate(
        self, presented: RefreshToken, successor: RefreshToken, at: datetime, idle_until: datetime
    ) -> bool:
        session = self._store.table(Session).get((presented.session_id, presented.session_id))
        if session is None or session.token_hash != presented.hash or not _alive(session, at):
            return False
        session.parent_hash, session.token_hash = session.token_hash, successor.hash
        session.counter, session.rotated_at, session.idle_until = successor.counter, at, idle_until
        return True

    async def revoke(
        self, user_id: UserId, session_id: SessionId, at: datetime, reason: str
    ) -> None:
        session = self._store.table(Session).get((session_id, session_id))
        if session and session.user_id == user_id and session.revoked_at is None:
            session.revoked_at, session.revoked_reason = at, reason


class MemorySigningKeys:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def all(self) -> list[SigningKey]:
        return list(self._store.table(SigningKey).values())

    async def add_first(self, key: SigningKey, at: datetime) -> None:
        if not self._store.table(SigningKey):
            self._store.table(SigningKey)[UUID(int=0), UUID(int=0)] = key


class MemoryCallers:
    def __init__(self, store: Store, tokens: Tokens, clock: Clock) -> None:
        self._store, self._tokens, self._clock = store, tokens, clock

    async def caller(self, token: str) -> Caller:
        claims = self._tokens.read(token)
        session = self._store.table(Session).get((claims.session_id, claims.session_id))
        user = self._store.table(User).get((claims.user_id, claims.user_id))
        if session is None or user is None or session.user_id != user.id or user.deleted_at:
            raise Unauthenticated("this session has ended")
        if not _alive(session, self._clock.now()):
            raise Unauthenticated("this session has ended")
        if not user.is_active:
            raise AccountInactive("this account is not active")
        scopes = EVERYTHING_OWN | {Scope.ADMIN} if user.is_admin else EVERYTHING_OWN
        return Caller(Actor(user.id, scopes, claims.session_id), user_view(user))


class PlainPasswords:
    """For tests: the hash of `x` is `plain:x`."""

    async def hash(self, password: Password) -> PasswordHash:
        return PasswordHash(f"plain:{password.text}")

    async def verify(self, typed: str, against: PasswordHash | None) -> bool:
        return against == f"plain:{typed}"


class PlainTokens:
    """For tests: a token says openly whose it is."""

    lifetime = 1800

    def issue(self, claims: Claims) -> str:
        return f"plain.{claims.user_id}.{claims.session_id}"

    def read(self, token: str) -> Claims:
        try:
            plain, user_id, session_id = token.split(".")
            if plain != "plain":
                raise ValueError(token)
            return Claims(UserId(UUID(user_id)), SessionId(UUID(session_id)))
        except ValueError:
            raise Unauthenticated("this token is not valid") from None

    def public_keys(self) -> KeySet:
        return KeySet([])


class PlainCrypto:
    """For tests: a sealed value is its place and itself."""

    def encrypt(self, plain: bytes, place: str) -> bytes:
        return place.encode() + b"|" + plain

    def decrypt(self, sealed: bytes, place: str) -> bytes:
        kept, _, plain = sealed.partition(b"|")
        if kept != place.encode():
            raise CannotDecrypt(place)
        return plain


def _alive(session: Session, at: datetime) -> bool:
    return session.revoked_at is None and session.idle_until > at
