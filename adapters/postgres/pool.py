"""The process's connections to Postgres."""

import asyncio
from collections import deque
from typing import Any

import asyncpg
import msgspec
from asyncpg import Connection
from asyncpg.pool import PoolConnectionProxy
from pgvector.asyncpg import register_vector

from adapters.postgres.answering import ANSWERING, without_tables

APP_ROLE = "colonnade_app"
SETTINGS = {
    "application_name": "colonnade",
    "statement_timeout": "30000",  # milliseconds, as the next two
    "lock_timeout": "10000",
    "idle_in_transaction_session_timeout": "30000",
    "jit": "off",  # no query of ours runs long enough to win back its compilation
}

PATIENCE = 5.0  # seconds to wait for a connection


class Pool:
    """Lends asyncpg's connections, and keeps at hand those that come back sound.

    asyncpg's own pool opens them, mends them and closes them. But each loan from it costs a task,
    a shield and two timers, together as much as a short query: so a connection goes back to it
    only when a statement on it failed or was cancelled, for asyncpg knows how to clean it.
    """

    def __init__(self, connections: asyncpg.Pool) -> None:
        self._connections = connections
        self._size = connections.get_max_size()
        self._out = 0  # taken from asyncpg: lent or at hand
        self._at_hand: list[PoolConnectionProxy] = []
        self._waiting: deque[asyncio.Future[PoolConnectionProxy | None]] = deque()

    async def lend(self) -> PoolConnectionProxy:
        """A connection outside any transaction. Raises TimeoutError after PATIENCE."""
        while True:
            if self._at_hand:
                connection = self._at_hand.pop()
                if _alive(connection):
                    return connection
                await self.discard(connection)
            elif self._out < self._size:
                return await self._take()
            elif (handed := await self._turn()) is not None:
                return handed

    def give_back(self, connection: PoolConnectionProxy) -> None:
        """After a statement or a transaction that ended well."""
        if not self._hand_on(connection):
            self._at_hand.append(connection)

    async def discard(self, connection: PoolConnectionProxy) -> None:
        """After anything else: asyncpg waits for a cancelled statement's end, rolls a transaction
        back that was left open, and forgets a connection that was lost."""
        try:
            await self._connections.release(connection)
        finally:
            self._freed()

    async def close(self) -> None:
        while self._at_hand:
            await self.discard(self._at_hand.pop())
        await self._connections.close()

    async def _take(self) -> PoolConnectionProxy:
        self._out += 1
        try:
            return await self._connections.acquire(timeout=PATIENCE)
        except BaseException:
            self._freed()
            raise

    async def _turn(self) -> PoolConnectionProxy | None:
        """What the next to give back hands over, or None: there is room to take one."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[PoolConnectionProxy | None] = loop.create_future()
        timer = loop.call_later(PATIENCE, _too_late, turn)
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # handed over in the moment we were cancelled
                self._decline(turn.result())
            raise
        finally:
            timer.cancel()

    def _decline(self, handed: PoolConnectionProxy | None) -> None:
        if handed is None:
            self._hand_on(None)
        else:
            self.give_back(handed)

    def _freed(self) -> None:
        self._out -= 1
        self._hand_on(None)

    def _hand_on(self, connection: PoolConnectionProxy | None) -> bool:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return True
        return False


def _alive(connection: PoolConnectionProxy) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:  # asyncpg has taken a lost one back already
        return False


def _too_late(turn: asyncio.Future[Any]) -> None:
    if not turn.done():
        turn.set_exception(TimeoutError("no connection came free"))


async def open_pool(url: str, size: int = 10, *, role: str | None = APP_ROLE) -> Pool:
    """Connections that speak as `role`, whom row security binds. Raises Unavailable."""

    async def nothing(_: Connection) -> None:
        """asyncpg's own reset costs a round trip a loan; it rolls leaked transactions back anyway."""

    async def prepare(connection: Connection) -> None:
        await connection.set_type_codec(
            "jsonb",
            schema="pg_catalog",
            format="binary",
            encoder=_jsonb,
            decoder=lambda data: msgspec.json.decode(data[1:]),
        )
        try:
            await register_vector(connection)
            if role is not None:
                await connection.execute(f"SET ROLE {role}")
        except (
            ValueError,
            asyncpg.InvalidParameterValueError,
        ) as error:  # no such type, no such role
            raise without_tables() from error

    with ANSWERING:
        connections = await asyncpg.create_pool(
            url,
            min_size=min(size, 2),
            max_size=size,
            max_inactive_connection_lifetime=0,
            ssl=False if "host=/" in url else None,  # a socket: do not look for ~/.postgresql
            server_settings=SETTINGS,
            command_timeout=60,
            reset=nothing,
            init=prepare,
        )
    return Pool(connections)


def _jsonb(value: Any) -> bytes:
    """PostgreSQL's binary form: a version byte, then JSON. A text is JSON already: the queue's
    library makes it itself."""
    return b"\x01" + (value.encode() if isinstance(value, str) else msgspec.json.encode(value))
