"""Signals between processes, by LISTEN and NOTIFY."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from adapters.postgres.answering import DOWN
from adapters.postgres.database import Database
from adapters.topics import Topics

CHANNEL = "signals"
_PAUSE = 1.0  # seconds before a lost connection is opened again

_log = structlog.get_logger("signals")


class PostgresSignals:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def send(self, topic: UUID) -> None:
        await self._database.connection.execute("SELECT pg_notify($1, $2)", CHANNEL, str(topic))


class PostgresListener:
    """However many listen, the process has one connection for it, from the first of them on."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._topics = Topics()
        self._hearing: asyncio.Task[None] | None = None

    @contextmanager
    def listening(self, topic: UUID) -> Iterator[asyncio.Event]:
        if self._hearing is None:
            self._hearing = asyncio.create_task(self._hear())
        with self._topics.listening(topic) as event:
            yield event

    async def close(self) -> None:
        if self._hearing is not None:
            self._hearing.cancel()
            with suppress(asyncio.CancelledError):
                await self._hearing

    async def _hear(self) -> None:
        while True:
            try:
                await self._hear_until_lost()
            except DOWN as error:
                _log.warning("signals_lost", reason=str(error))
            except Exception:  # whoever listens would wait in vain for ever
                _log.exception("signals_lost")
            await asyncio.sleep(_PAUSE)

    async def _hear_until_lost(self) -> None:
        lost = asyncio.Event()
        connection = await asyncpg.connect(
            self._url,
            ssl=False if "host=/" in self._url else None,
            server_settings={"application_name": "colonnade signals"},
        )
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, self._wake)
            self._topics.wake_all()  # nobody heard what was sent before
            await lost.wait()
        finally:
            connection.terminate()

    def _wake(self, _connection: Any, _pid: int, _channel: str, topic: Any) -> None:
        self._topics.wake(UUID(topic))
