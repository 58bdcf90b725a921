"""What answers from memory behind the ports of analytics."""

from adapters.memory.analytics.counting import (
    MemoryActivities,
    MemoryBuckets,
    MemoryUsageReader,
)
from adapters.memory.analytics.metering import (
    MemoryBudgets,
    MemoryReservations,
    MemoryUsageLog,
    MemoryZones,
)
from adapters.memory.analytics.prices import MemoryPrices
from application.analytics.ports import (
    Activities,
    Buckets,
    Budgets,
    Prices,
    Reservations,
    UsageLog,
    UsageReader,
    Zones,
)

PORTS: dict[type, type] = {
    Activities: MemoryActivities,
    Buckets: MemoryBuckets,
    Budgets: MemoryBudgets,
    Prices: MemoryPrices,
    Reservations: MemoryReservations,
    UsageLog: MemoryUsageLog,
    UsageReader: MemoryUsageReader,
    Zones: MemoryZones,
}
