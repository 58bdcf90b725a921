"""What is used of models, what it costs, and what is counted of it."""

from decimal import Decimal

from dishka import Provider, Scope, provide, provide_all

from adapters.postgres.analytics.activities import PostgresActivities
from adapters.postgres.analytics.buckets import PostgresBuckets
from adapters.postgres.analytics.metering import (
    PostgresBudgets,
    PostgresReservations,
    PostgresUsageLog,
    PostgresZones,
)
from adapters.postgres.analytics.prices import PostgresPrices
from adapters.postgres.analytics.reader import PostgresUsageReader
from adapters.postgres.records import PostgresAnalyticsRecords
from application.analytics.abandoned import ReleaseAbandoned
from application.analytics.costs import ShowCosts
from application.analytics.journal import (
    Analyses,
    ForgetDocument,
    Journal,
    RecordAnalysis,
    RecordFailedAnalysis,
    RecordQuestion,
    RecordUpload,
)
from application.analytics.marking import Marking
from application.analytics.metering import Meter
from application.analytics.ports import (
    Activities,
    AnalyticsRecords,
    Buckets,
    Budgets,
    Prices,
    Reservations,
    UsageLog,
    UsageReader,
    Zones,
)
from application.analytics.prices import ListPrices, SetPrice
from application.analytics.receipts import Receipts
from application.analytics.rollup import Recount, RefreshAnalytics, RollUp
from application.analytics.usage import (
    Calendar,
    ListActivity,
    ShowTokens,
    ShowUsage,
    ShowWorkflows,
)
from domain.analytics.budget import Limits
from entrypoints.settings import Settings


class UseCases(Provider):
    scope = Scope.REQUEST

    metering = provide_all(Meter, Marking, ReleaseAbandoned)
    journal = provide_all(
        Journal,
        Analyses,
        Receipts,
        RecordQuestion,
        RecordUpload,
        RecordAnalysis,
        RecordFailedAnalysis,
        ForgetDocument,
    )
    counting = provide_all(Recount, RollUp, RefreshAnalytics)
    reports = provide_all(Calendar, ShowUsage, ShowTokens, ShowWorkflows, ListActivity, ShowCosts)
    prices = provide_all(ListPrices, SetPrice)


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
    activities = provide(PostgresActivities, provides=Activities)
    buckets = provide(PostgresBuckets, provides=Buckets)
    reader = provide(PostgresUsageReader, provides=UsageReader)
    prices = provide(PostgresPrices, provides=Prices)
    records = provide(PostgresAnalyticsRecords, provides=AnalyticsRecords)
