"""Health, and requests that are sent again."""

from dishka import Provider, Scope, provide, provide_all

from adapters.postgres.database import Database
from adapters.postgres.operations import PostgresProbes
from adapters.postgres.pool import Pool
from adapters.postgres.replays import PostgresReplays
from application.operations.ports import Probes, Replays
from application.operations.purge import PurgeReplays
from application.shared.ports import Crypto


class UseCases(Provider):
    scope = Scope.REQUEST

    replays = provide_all(PurgeReplays)


class Adapters(Provider):
    scope = Scope.REQUEST

    @provide(scope=Scope.APP)
    def replays(self, pool: Pool, crypto: Crypto) -> Replays:
        """Begun for good, whatever becomes of the request's transaction."""
        return PostgresReplays(Database(pool), crypto)

    probes = provide(PostgresProbes, provides=Probes)
