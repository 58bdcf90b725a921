"""A process that asks as often as it is told, all at once, within limits of a minute and of a month:
`… <database> <owner> <times> <requests> <money>`. Prints how many requests were taken."""

import asyncio
import sys
from uuid import UUID

from application.analytics.exports import BudgetExceeded
from domain.shared.ids import UserId
from entrypoints.container import production
from entrypoints.http.inject import OfRequest
from entrypoints.settings import Settings
from tests.contract.analytics.flows import reserve


async def main(database: str, owner: str, times: str, requests: str, money: str) -> None:
    settings = Settings(
        database_url=database,
        db_pool_size=8,
        ai_requests_per_minute=int(requests),
        ai_requests_per_day=0,
        ai_monthly_budget_limit=float(money),
    )
    container = production(settings, OfRequest())
    calls = [reserve(container, UserId(UUID(owner))) for _ in range(int(times))]
    found = await asyncio.gather(*calls, return_exceptions=True)
    strange = [one for one in found if not isinstance(one, UUID | BudgetExceeded)]
    if strange:
        raise ExceptionGroup("reserving", strange)  # type: ignore[type-var]
    print(sum(isinstance(one, UUID) for one in found))  # noqa: T201
    await container.close()


asyncio.run(main(*sys.argv[1:]))
