"""The job worker process: takes jobs from the queue and runs the use cases that follow a fact."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
import structlog
import uvloop
from dishka import AsyncContainer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.domain.errors import FailingListenerError, RetryRequested
from pgqueuer.models import Job
from pgqueuer.qm import QueueManager

from adapters.postgres.answering import DOWN
from adapters.postgres.database import Database
from adapters.postgres.pool import APP_ROLE, Pool
from adapters.postgres.queue import PostgresStarts, queries
from application.events import ABANDONERS, FOLLOWERS, INTERACTIVE
from application.knowledge.embedding_sets import WantModel
from application.models.choice import FindUnpriced
from domain.shared.errors import Unavailable
from entrypoints.container import production
from entrypoints.schedules import at_start, scheduler
from entrypoints.settings import Settings

TRIES = 5
CONCURRENCY = 4  # of one follower, in all workers together
STREAMS = 50  # of one that somebody waits for: it mostly waits itself, for a model
HEARTBEAT = timedelta(seconds=10)  # a dead worker's jobs are taken again after this
POLL = timedelta(seconds=2)  # nobody notifies us of a job whose worker died
_GRACE = 3.0  # seconds for what runs to end when we are told to stop

type Handler = Callable[[Job], Awaitable[None]]

_log = structlog.get_logger("worker")


class TooManyStarts(Exception):
    """The job was begun often enough, and each time its worker died."""


def run(settings: Settings) -> None:
    """Work until SIGTERM. Jobs that do not end in time are taken again by another worker.
    Without its database it ends with 1, and `serve` starts it again."""
    os.nice(10)  # whoever waits for an answer comes first
    lost = None
    try:
        uvloop.run(work(settings))
    except* (*DOWN, Unavailable, FailingListenerError) as group:
        lost = group.exceptions[0]
    if lost:
        _log.error("database_lost", reason=str(lost))
        raise SystemExit(1)


async def work(settings: Settings) -> None:
    container = production(settings)
    try:
        await _work(container, settings)
    finally:
        # A pool waits for its connections, which may wait for a database that is away.
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                await container.close()


async def _work(container: AsyncContainer, settings: Settings) -> None:
    pool = await container.get(Pool)
    async with container() as request:
        await (await request.get(WantModel))()
        for model in await (await request.get(FindUnpriced))():
            _log.warning("model_without_price", model=model, set_it="POST /api/v1/analytics/prices")
    url = settings.database_url or ""
    connection = await asyncpg.connect(url, ssl=False if "host=/" in url else None)
    await connection.execute(f"SET ROLE {APP_ROLE}")
    manager = queue_manager(container, connection, PostgresStarts(Database(pool)))
    _stop_on_signals(manager)
    _log.info("worker_ready")
    async with asyncio.TaskGroup() as group:
        group.create_task(scheduler(container, manager).run())
        group.create_task(at_start(container))
        await manager.run(
            dequeue_timeout=POLL,
            batch_size=CONCURRENCY,
            heartbeat_timeout=HEARTBEAT,
            shutdown_on_listener_failure=True,
        )
    await connection.close()


def queue_manager(
    container: AsyncContainer, connection: Any, starts: PostgresStarts
) -> QueueManager:
    """A manager in whose registry every follower stands under its name."""
    manager = QueueManager(queries(AsyncpgDriver(connection)))
    for event, followers in FOLLOWERS.items():
        for follower in followers:
            limit = STREAMS if follower in INTERACTIVE else CONCURRENCY
            register = manager.entrypoint(
                follower.__name__, concurrency_limit=limit, on_failure="hold"
            )
            register(_handler(container, starts, event, follower))
    return manager


def _handler(
    container: AsyncContainer, starts: PostgresStarts, event_type: type, follower: type
) -> Handler:
    async def handle(job: Job) -> None:
        event: Any = msgspec.json.decode(job.payload or b"", type=event_type)
        with _tried_again():
            start = await starts.count(job.id)
        try:
            if start > TRIES:
                raise TooManyStarts(f"{follower.__name__} {job.id}")
            await _follow(container, follower, event, job)
        except Exception as error:
            if start < TRIES:
                # 1, 4, 16, 64 seconds
                raise RetryRequested(timedelta(seconds=4 ** (start - 1)), repr(error)) from error
            with _tried_again():
                await _abandon(container, follower, event)
            raise
        with _tried_again():
            await starts.forget(job.id)

    return handle


@contextmanager
def _tried_again() -> Iterator[None]:
    """What the queue would hold for ever, because the database was away for a moment, costs a
    second and no try: a step that is behind does nothing."""
    try:
        yield
    except Exception as error:
        raise RetryRequested(timedelta(seconds=1), repr(error)) from error


async def _follow(container: AsyncContainer, follower: type, event: Any, job: Job) -> None:
    began = time.perf_counter()
    outcome = "failed"
    try:
        async with container() as request:
            await (await request.get(follower))(event)
        outcome = "done"
    except Exception:
        _log.exception("job_failed", follower=follower.__name__, job=job.id)
        raise
    finally:
        ms = round((time.perf_counter() - began) * 1000, 1)
        _log.info(
            "job",
            follower=follower.__name__,
            outcome=outcome,
            ms=ms,
            user=str(event.user_id),
            job=job.id,
        )


async def _abandon(container: AsyncContainer, follower: type, event: Any) -> None:
    if abandoner := ABANDONERS.get(follower):
        async with container() as request:
            await (await request.get(abandoner))(event)


def _stop_on_signals(manager: QueueManager) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        manager.shutdown.set()
        loop.call_later(_GRACE, os._exit, 0)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
