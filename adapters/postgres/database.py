"""SQLAlchemy Core writes the SQL, once, at import; asyncpg executes it."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from types import TracebackType
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from asyncpg import Connection, Pool, Record, create_pool
from asyncpg.pool import PoolConnectionProxy
from pgvector.asyncpg import register_vector
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect

from domain.shared.errors import Invalid, Unavailable

type Values = Mapping[str, Any]

APP_ROLE = "colonnade_app"
SETTINGS = {
    "application_name": "colonnade",
    "statement_timeout": "30000",  # milliseconds, as the next two
    "lock_timeout": "10000",
    "idle_in_transaction_session_timeout": "30000",
    "jit": "off",  # no query of ours runs long enough to win back its compilation
}

PATIENCE = 5.0  # seconds to wait for a connection

# What asyncpg raises when the database is away or too busy.
DOWN = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
)
_DIALECT = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]
_NONE: Values = {}


class Statement:
    """A Core statement as asyncpg wants it: its text and the order of its parameters."""

    __slots__ = ("_fixed", "_names", "sql")

    def __init__(self, core: ClauseElement, columns: Sequence[str] | None = None) -> None:
        compiled: Any = core.compile(dialect=_DIALECT, column_keys=columns)
        if "POSTCOMPILE" in (sql := str(compiled)):
            raise ValueError("IN (...) has no fixed text: compare with any_() of an array")
        self.sql, self._names = sql, tuple(compiled.positiontup or ())
        self._fixed = {n: bind.value for n, bind in compiled.binds.items() if not bind.required}

    def arguments(self, values: Values) -> list[Any]:
        return [values[n] if n in values else self._fixed[n] for n in self._names]


async def open_pool(url: str, size: int = 10, *, role: str | None = APP_ROLE) -> Pool:
    """Connections that speak as `role`, whom row security binds."""

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
        await register_vector(connection)
        if role is not None:
            await connection.execute(f"SET ROLE {role}")

    return await create_pool(
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


class Database:
    """One request's way to Postgres, and its Transaction.

    Inside `async with database:` statements share one connection and one transaction.
    Outside it each statement stands alone. `owner` is whose rows it may see (row security).
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._open: PoolConnectionProxy | None = None
        self._owner: UUID | None = None

    @property
    def connection(self) -> PoolConnectionProxy:
        """The open transaction's connection, for the outbox."""
        if self._open is None:
            raise RuntimeError("a fact is published inside the transaction that makes it true")
        return self._open

    async def __aenter__(self) -> None:
        if self._open is not None:
            raise RuntimeError("a transaction is already open")
        with _answering():
            connection = await self._pool.acquire(timeout=PATIENCE)
            try:
                await connection.execute("BEGIN")
            except BaseException:
                await self._pool.release(connection)
                raise
        self._open = connection

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._open is None:
            raise RuntimeError("no transaction is open")
        connection, self._open, self._owner = self._open, None, None
        try:
            with _answering():
                await connection.execute("COMMIT" if error is None else "ROLLBACK")
        finally:
            await self._pool.release(connection)

    async def rows(
        self, statement: Statement, values: Values = _NONE, owner: UUID | None = None
    ) -> list[Record]:
        async with self._at(owner) as connection:
            return await connection.fetch(statement.sql, *statement.arguments(values))

    async def row(
        self, statement: Statement, values: Values = _NONE, owner: UUID | None = None
    ) -> Record | None:
        async with self._at(owner) as connection:
            return await connection.fetchrow(statement.sql, *statement.arguments(values))

    async def each(
        self, statement: Statement, values: Sequence[Values], owner: UUID | None = None
    ) -> None:
        """Execute once for each of `values`, pipelined: all of them, or none."""
        async with self._at(owner) as connection:
            await connection.executemany(statement.sql, [statement.arguments(v) for v in values])

    @asynccontextmanager
    async def _at(self, owner: UUID | None) -> AsyncIterator[PoolConnectionProxy]:
        with _answering():
            if self._open is not None:
                if owner is not None and owner != self._owner:
                    await self._open.execute(_as(owner))
                    self._owner = owner
                yield self._open
            elif owner is None:
                async with self._pool.acquire(timeout=PATIENCE) as connection:
                    yield connection
            else:  # three trips: BEGIN with the owner, the statement, COMMIT
                async with self._pool.acquire(timeout=PATIENCE) as connection:
                    await connection.execute(f"BEGIN; {_as(owner)}")
                    try:
                        yield connection
                    except BaseException:
                        await connection.execute("ROLLBACK")
                        raise
                    await connection.execute("COMMIT")


def _jsonb(value: Any) -> bytes:
    """PostgreSQL's binary form: a version byte, then JSON. A text is JSON already: the queue's
    library makes it itself."""
    return b"\x01" + (value.encode() if isinstance(value, str) else msgspec.json.encode(value))


def _as(owner: UUID) -> str:
    return f"SET LOCAL app.user_id = '{UUID(int=owner.int)}'"


@contextmanager
def _answering() -> Iterator[None]:
    """A database that is down or too busy is Unavailable, text it cannot keep is Invalid."""
    try:
        yield
    except DOWN as error:
        raise Unavailable("the database does not answer", timedelta(seconds=2)) from error
    except (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError):
        raise Invalid("text may not hold a NUL character") from None
