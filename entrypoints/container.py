"""Which adapter stands behind which port: each context's are in its module of `providers`."""

from collections.abc import AsyncIterator

from dishka import AnyOf, AsyncContainer, Provider, Scope, make_async_container, provide

from adapters.memory.store import MemoryTransaction, Store
from adapters.memory.world import PORTS, SYSTEM
from adapters.postgres.database import Database
from adapters.postgres.knowledge.search_tuning import check_tuning
from adapters.postgres.outbox import PostgresOutbox
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.signals import PostgresListener, PostgresSignals
from adapters.security.crypto import AesGcmCrypto
from application.shared.ports import Crypto, Listener, Outbox, Signals, Transaction
from entrypoints.oauth import OAuth
from entrypoints.providers import (
    analytics,
    conversations,
    files,
    identity,
    knowledge,
    mail,
    models,
    operations,
)
from entrypoints.settings import Settings

CONTEXTS = (identity, files, knowledge, conversations, analytics, models, mail, operations)
POLICIES = (
    identity.Policies,
    conversations.Policies,
    analytics.Policies,
    models.Policies,
    operations.Policies,
)


def production(settings: Settings, *more: Provider) -> AsyncContainer:
    """Everything real: what the API, the workers and the command line run on."""
    adapters = [context.Adapters() for context in CONTEXTS]
    return _container(settings, Postgres(), OAuth(), *adapters, *more)


def in_memory(settings: Settings, *more: Provider) -> AsyncContainer:
    """The same without a database, for tests and for the OpenAPI document."""
    return _container(settings, Memory(), *more)


def _container(settings: Settings, *world: Provider) -> AsyncContainer:
    use_cases = [context.UseCases() for context in CONTEXTS]
    policies = [policy() for policy in POLICIES]
    return make_async_container(System(settings), *policies, *use_cases, *world)


class System(Provider):
    """What every world shares: configuration, time, ids, randomness."""

    scope = Scope.APP

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        for port, adapter in SYSTEM.items():
            self.provide(adapter, provides=port)

    @provide
    def settings(self) -> Settings:
        return self._settings


class Postgres(Provider):
    """What the real adapters share: the database, its queue, the keys."""

    scope = Scope.REQUEST

    @provide(scope=Scope.APP)
    async def pool(self, settings: Settings) -> AsyncIterator[Pool]:
        if settings.database_url is None:
            raise RuntimeError("DATABASE_URL is not set")
        pool = await open_pool(settings.database_url, settings.db_pool_size)
        await check_tuning(Database(pool))
        yield pool
        await pool.close()

    @provide(scope=Scope.APP)
    def crypto(self, settings: Settings) -> Crypto:
        return AesGcmCrypto(settings.encryption_keys())

    @provide(scope=Scope.APP)
    async def listener(self, settings: Settings) -> AsyncIterator[Listener]:
        listener = PostgresListener(settings.database_url or "")
        yield listener
        await listener.close()

    signals = provide(PostgresSignals, provides=Signals)
    database = provide(Database, provides=AnyOf[Database, Transaction])
    outbox = provide(PostgresOutbox, provides=Outbox)


class Memory(Provider):
    """The adapters of adapters/memory/world.py, as a container holds them."""

    def __init__(self) -> None:
        super().__init__(scope=Scope.APP)
        self.provide(Store)
        for port, adapter in PORTS.items():
            self.provide(adapter, provides=port)
        shared = AnyOf[Transaction, Outbox, Signals]
        self.provide(MemoryTransaction, provides=shared, scope=Scope.REQUEST)
