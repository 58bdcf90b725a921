import time
from dataclasses import dataclass
from datetime import timedelta

from pwdlib import PasswordHash as Hasher
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

from adapters.security.hash_pool import HashPool
from domain.identity.user import Password, PasswordHash
from domain.shared.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Cost:
    """What one hash by argon2id (RFC 9106) takes. The least is OWASP's minimum."""

    memory_kib: int = 19_456
    time_cost: int = 2
    parallelism: int = 1

    def hasher(self) -> Argon2Hasher:
        return Argon2Hasher(self.time_cost, self.memory_kib, self.parallelism)


class Argon2Passwords:
    """Argon2id, in threads of its own: the event loop, the default executor and the database never
    wait for it. Hashes of other costs and of bcrypt still verify, and are renewed."""

    def __init__(
        self,
        threads: int,
        patience: timedelta = timedelta(milliseconds=750),
        cost: Cost = Cost(),
    ) -> None:
        self._argon2 = cost.hasher()
        self._hasher = Hasher((self._argon2, _Bcrypt()))
        begun = time.perf_counter()
        self._decoy = self._hasher.hash("nobody's password")
        self._pool = HashPool(threads, patience, usual=time.perf_counter() - begun)

    async def hash(self, password: Password) -> PasswordHash:
        return PasswordHash(await self._pool.run(self._hasher.hash, password.text))

    async def verify(self, typed: str, against: PasswordHash | None) -> bool:
        same = await self._pool.run(self._same, typed, against or self._decoy)
        return same and against is not None

    async def renewed(self, typed: str, kept: PasswordHash) -> PasswordHash | None:
        if self._argon2.identify(kept) and not self._argon2.check_needs_rehash(kept):
            return None
        try:
            return PasswordHash(await self._pool.run(self._hasher.hash, typed))
        except Unavailable:  # the password was right: to come in matters more
            return None

    def close(self) -> None:
        self._pool.close()

    def _same(self, typed: str, kept: str) -> bool:
        try:
            return self._hasher.verify(typed, kept)
        except UnknownHashError:
            return False


class _Bcrypt(BcryptHasher):
    """Bcrypt knows 72 bytes. Those who made the hashes we inherit cut the rest off in silence."""

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:
        whole = password.encode() if isinstance(password, str) else password
        return super().verify(whole[:72], hash)
