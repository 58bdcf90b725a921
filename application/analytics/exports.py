"""What other contexts may do with analytics: have what they use of models counted and charged, and
what a user does."""

from application.analytics.journal import Journal
from application.analytics.metering import Meter
from application.analytics.ports import AnalyticsRecords
from application.shared.records import Record
from domain.analytics.activity import Activity, ActivityKind, ActivityStatus
from domain.analytics.budget import BudgetExceeded, Estimate
from domain.analytics.usage import (
    EXTRACTIVE,
    LOCAL,
    Feature,
    UsageEvent,
    UsageStatus,
)
from domain.shared.ids import UserId
from domain.shared.tokens import TokensSource

__all__ = [
    "EXTRACTIVE",
    "LOCAL",
    "Activity",
    "ActivityKind",
    "ActivityStatus",
    "AnalyticsRecords",
    "BudgetExceeded",
    "Estimate",
    "Feature",
    "Journal",
    "Meter",
    "TokensSource",
    "UsageEvent",
    "UsageStatus",
    "erase",
    "export",
]


async def export(user_id: UserId, records: AnalyticsRecords) -> dict[str, list[Record]]:
    """What was used of models, and what is counted of it."""
    return await records.read(user_id)


async def erase(user_id: UserId, records: AnalyticsRecords) -> None:
    """Inside a transaction: all but the usage events, which only grow, and go with the account."""
    await records.erase(user_id)
