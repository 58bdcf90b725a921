"""What the workers do by the clock: whichever of them is the first when the time has come."""

from collections.abc import Awaitable, Callable

import structlog
from dishka import AsyncContainer
from msgspec import to_builtins
from pgqueuer.models import Schedule
from pgqueuer.qm import QueueManager
from pgqueuer.sm import SchedulerManager

from application.analytics.abandoned import ReleaseAbandoned
from application.conversations.resuming import ResumeAnswers
from application.conversations.watching import ForgetEvents
from application.files.sweeping import SweepFiles
from application.identity.deletion import PurgeAccounts
from application.identity.upkeep import ForgetExpired
from application.knowledge.embedding_sets import (
    BuildEmbeddings,
    DropEmbeddings,
    MendEmbeddings,
)
from application.knowledge.recall import ProbeRecall
from application.operations.purge import PurgeReplays

SCHEDULES: dict[type, str] = {  # minute, hour, day, month, weekday
    PurgeAccounts: "7 * * * *",
    ForgetExpired: "37 * * * *",
    PurgeReplays: "47 * * * *",
    ForgetEvents: "22 * * * *",
    ResumeAnswers: "32 * * * *",
    ProbeRecall: "27 3 * * *",
    ReleaseAbandoned: "17 * * * *",
    SweepFiles: "57 * * * *",
    BuildEmbeddings: "* * * * *",
    MendEmbeddings: "17 * * * *",
    DropEmbeddings: "*/10 * * * *",
}
# Whatever killed us may have left something.
AT_START: tuple[type, ...] = (SweepFiles,)

type Handler = Callable[[Schedule], Awaitable[None]]

_log = structlog.get_logger("worker")


def scheduler(container: AsyncContainer, manager: QueueManager) -> SchedulerManager:
    """In whose registry every use case of SCHEDULES stands under its name. It shares the queue
    manager's connection, and ends with it."""
    clock = SchedulerManager(manager.queries)
    clock.shutdown = manager.shutdown
    for use_case, expression in SCHEDULES.items():
        clock.schedule(use_case.__name__, expression)(_handler(container, use_case))
    return clock


async def at_start(container: AsyncContainer) -> None:
    """What each worker does when it begins, beside its jobs."""
    for use_case in AT_START:
        await _run(container, use_case)


def _handler(container: AsyncContainer, use_case: type) -> Handler:
    async def run(_: Schedule) -> None:
        await _run(container, use_case)

    return run


async def _run(container: AsyncContainer, use_case: type) -> None:
    try:
        async with container() as request:
            done = await (await request.get(use_case))()
    except Exception:
        # The next time will try again.
        _log.exception("schedule_failed", use_case=use_case.__name__)
    else:
        log = _log.info if done else _log.debug  # most minutes there is nothing to do
        log("schedule", use_case=use_case.__name__, done=to_builtins(done))
