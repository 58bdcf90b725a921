"""What is used of models, what it costs, and what is counted of it."""

from decimal import Decimal

from dishka import Provider, Scope, provide, provide_all

from adapters.postgres.analytics.metering import (
    PostgresBudgets,
    PostgresReservations,
    PostgresUsageLog,
    PostgresZones,
)
from adapters.postgres.analytics.prices import PostgresPrices
from adapters.postgres.records import PostgresAnalyticsRecords
from application.analytics.metering import Meter
from application.analytics.ports import (
    AnalyticsRecords,
    Budgets,
    Prices,
    Reservations,
    UsageLog,
    Zones,
)
from domain.analytics.budget import Limits
from entrypoints.settings import Settings


class UseCases(Provider):
    scope = Scope.REQUEST

    metering = provide_all(Meter)


class Policies(Provider):
    """What the settings say about budgets, in every world."""

    scope = Scope.APP

    @provide
    def limits(self, settings: Settings) -> Limits:
        return Limits(
            settings.ai_requests_per_minute,
            settings.ai_requests_per_day,
            Decimal(str(settings.ai_monthly_budget_limit)),
        )


class Adapters(Provider):
    scope = Scope.REQUEST

    zones = provide(PostgresZones, provides=Zones)
    budgets = provide(PostgresBudgets, provides=Budgets)
    reservations = provide(PostgresReservations, provides=Reservations)
    usage = provide(PostgresUsageLog, provides=UsageLog)
    prices = provide(PostgresPrices, provides=Prices)
    records = provide(PostgresAnalyticsRecords, provides=AnalyticsRecords)
