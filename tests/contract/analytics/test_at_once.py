"""Budgets when many ask at the same moment, in two processes."""

import asyncio
import sys

from dishka import AsyncContainer

from entrypoints.database import ROOT
from tests.contract.analytics.flows import an_owner

EACH = 50


async def test_of_a_hundred_requests_in_two_processes_ten_are_taken(
    postgres: AsyncContainer, database: str
) -> None:
    owner = await an_owner(postgres)
    command = [sys.executable, "-m", "tests.contract.analytics.reserving", database, str(owner)]
    both = [
        await asyncio.create_subprocess_exec(
            *command, str(EACH), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(2)
    ]
    printed = [(await process.communicate())[0] for process in both]
    assert sum(int(one) for one in printed) == 10
