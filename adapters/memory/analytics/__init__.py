"""What answers from memory behind the ports of analytics."""

from adapters.memory.analytics.metering import (
    MemoryBudgets,
    MemoryReservations,
    MemoryUsageLog,
    MemoryZones,
)
from adapters.memory.analytics.prices import MemoryPrices
from application.analytics.ports import Budgets, Prices, Reservations, UsageLog, Zones

PORTS: dict[type, type] = {
    Budgets: MemoryBudgets,
    Prices: MemoryPrices,
    Reservations: MemoryReservations,
    UsageLog: MemoryUsageLog,
    Zones: MemoryZones,
}
