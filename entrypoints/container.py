"""Which adapter stands behind which port."""

from collections.abc import AsyncIterator
from datetime import timedelta

from asyncpg import Pool
from dishka import AnyOf, Provider, Scope, provide, provide_all

from adapters.memory.embedder import NoEmbedder
from adapters.memory.identity import (
    MemoryCallers,
    MemorySessions,
    MemorySigningKeys,
    MemoryUsers,
    PlainCrypto,
    PlainPasswords,
    PlainTokens,
)
from adapters.memory.operations import MemoryProbes
from adapters.memory.store import MemoryTransaction, Store
from adapters.postgres.database import Database, open_pool
from adapters.postgres.identity import (
    PostgresCallers,
    PostgresSessions,
    PostgresSigningKeys,
    PostgresUsers,
)
from adapters.postgres.operations import PostgresProbes
from adapters.postgres.outbox import PostgresOutbox
from adapters.security.crypto import AesGcmCrypto
from adapters.security.passwords import Argon2Passwords
from adapters.security.tokens import open_tokens
from adapters.system import SystemClock, SystemSecrets, Uuid7
from application.identity.ports import (
    Callers,
    Passwords,
    Sessions,
    SigningKeys,
    Tokens,
    Users,
)
from application.identity.sessions import LogIn, LogOut, RefreshSession
from application.identity.users import RegisterUser
from application.knowledge.ports import Embedder
from application.operations.ports import Probes
from application.shared.ports import Clock, Crypto, Ids, Outbox, Secrets, Transaction
from entrypoints.settings import Settings


class UseCases(Provider):
    scope = Scope.REQUEST

    identity = provide_all(RegisterUser, LogIn, RefreshSession, LogOut)


class System(Provider):
    scope = Scope.APP

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    @provide
    def settings(self) -> Settings:
        return self._settings

    clock = provide(SystemClock, provides=Clock)
    ids = provide(Uuid7, provides=Ids)
    secrets = provide(SystemSecrets, provides=Secrets)


class Postgres(Provider):
    scope = Scope.REQUEST

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    @provide(scope=Scope.APP)
    async def pool(self) -> AsyncIterator[Pool]:
        if self._settings.database_url is None:
            raise RuntimeError("DATABASE_URL is not set")
        pool = await open_pool(self._settings.database_url, self._settings.db_pool_size)
        yield pool
        await pool.close()

    @provide(scope=Scope.APP)
    def passwords(self) -> Passwords:
        return Argon2Passwords(self._settings.hash_threads, self._settings.hash_patience)

    @provide(scope=Scope.APP)
    def crypto(self) -> Crypto:
        return AesGcmCrypto(self._settings.encryption_keys())

    @provide(scope=Scope.APP)
    async def tokens(self, pool: Pool, crypto: Crypto, clock: Clock, ids: Ids) -> Tokens:
        return await open_tokens(
            PostgresSigningKeys(Database(pool)),
            crypto,
            clock,
            ids,
            issuer=self._settings.public_url,
            lifetime=timedelta(minutes=self._settings.access_token_expire_minutes),
        )

    database = provide(Database, provides=AnyOf[Database, Transaction])
    outbox = provide(PostgresOutbox, provides=Outbox)
    users = provide(PostgresUsers, provides=Users)
    sessions = provide(PostgresSessions, provides=Sessions)
    signing_keys = provide(PostgresSigningKeys, provides=SigningKeys)
    callers = provide(PostgresCallers, provides=Callers)
    probes = provide(PostgresProbes, provides=Probes)
    embedder = provide(NoEmbedder, provides=Embedder, scope=Scope.APP)


class Memory(Provider):
    scope = Scope.APP

    store = provide(Store)
    embedder = provide(NoEmbedder, provides=Embedder)
    transaction = provide(
        MemoryTransaction, provides=AnyOf[Transaction, Outbox], scope=Scope.REQUEST
    )
    passwords = provide(PlainPasswords, provides=Passwords)
    tokens = provide(PlainTokens, provides=Tokens)
    crypto = provide(PlainCrypto, provides=Crypto)
    users = provide(MemoryUsers, provides=Users)
    sessions = provide(MemorySessions, provides=Sessions)
    signing_keys = provide(MemorySigningKeys, provides=SigningKeys)
    callers = provide(MemoryCallers, provides=Callers)
    probes = provide(MemoryProbes, provides=Probes)
