"""Health, requests that are sent again, and how often something may be done."""

from dishka import Provider, Scope, provide, provide_all

from adapters.postgres.database import Database
from adapters.postgres.operations import PostgresProbes
from adapters.postgres.pool import Pool
from adapters.postgres.rate_limits import PostgresRateLimits
from adapters.postgres.replays import PostgresReplays
from application.operations.ports import Probes, Replays
from application.operations.purge import PurgeReplays
from application.operations.quotas import CountUse, Quotas
from application.shared.limits import RateLimits
from application.shared.ports import Crypto
from entrypoints.settings import Settings


class UseCases(Provider):
    scope = Scope.REQUEST

    replays = provide_all(PurgeReplays)
    quotas = provide_all(CountUse, scope=Scope.APP)


class Policies(Provider):
    """What the settings say about quotas, in every world."""

    scope = Scope.APP

    @provide
    def quotas(self, settings: Settings) -> Quotas:
        return Quotas(settings.uploads_per_hour, settings.searches_per_minute)


class Adapters(Provider):
    scope = Scope.REQUEST

    @provide(scope=Scope.APP)
    def replays(self, pool: Pool, crypto: Crypto) -> Replays:
        """Begun for good, whatever becomes of the request's transaction."""
        return PostgresReplays(Database(pool), crypto)

    @provide(scope=Scope.APP)
    def rate_limits(self, pool: Pool) -> RateLimits:
        """Counts for good, whatever becomes of the request's transaction."""
        return PostgresRateLimits(Database(pool))

    probes = provide(PostgresProbes, provides=Probes)
