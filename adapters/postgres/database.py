"""SQLAlchemy Core writes the SQL, once, at import; asyncpg executes it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any
from uuid import UUID

from asyncpg import Record
from asyncpg.pool import PoolConnectionProxy
from sqlalchemy import ClauseElement, Select
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect

from adapters.postgres.answering import ANSWERING
from adapters.postgres.pool import Pool

type Values = Mapping[str, Any]
type Execute = Callable[..., Awaitable[Any]]

_DIALECT = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]
_NONE: Values = {}


class Statement:
    """A Core statement as asyncpg wants it: its text and the order of its parameters."""

    __slots__ = ("_fixed", "_names", "owned", "sql")

    def __init__(self, core: ClauseElement, columns: Sequence[str] | None = None) -> None:
        compiled: Any = core.compile(dialect=_DIALECT, column_keys=columns)
        if "POSTCOMPILE" in (sql := str(compiled)):
            raise ValueError("IN (...) has no fixed text: compare with any_() of an array")
        self.sql, self._names = sql, tuple(compiled.positiontup or ())
        self._fixed = {n: bind.value for n, bind in compiled.binds.items() if not bind.required}
        self.owned = _owned(sql, len(self._names) + 1) if isinstance(core, Select) else None

    def arguments(self, values: Values) -> list[Any]:
        return [values[n] if n in values else self._fixed[n] for n in self._names]


def _owned(sql: str, number: int) -> str:
    """A read that names its owner itself, as parameter `number`, so that it is one trip instead of
    three. That the read refers to `me` makes it the inner side of a nested loop: row security
    is asked after the owner has been set, and for this statement only. See ADR 0008."""
    return (
        f"SELECT found.* FROM"  # noqa: S608  # our own texts, no one's input
        f" (SELECT set_config('app.user_id', ${number}, true) AS id OFFSET 0) me,"
        f" LATERAL (SELECT read.* FROM ({sql}) read WHERE me.id IS NOT NULL OFFSET 0) found"
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
        with ANSWERING:
            connection = await self._pool.lend()
            try:
                await connection.execute("BEGIN")
            except BaseException:
                await self._pool.discard(connection)
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
        end = "COMMIT" if error is None else "ROLLBACK"
        with ANSWERING:
            try:
                ended = await connection.execute(end)
            except BaseException:
                await self._pool.discard(connection)
                raise
        self._pool.give_back(connection)
        if ended != end:  # a COMMIT after a failed statement rolls back, and does not say so
            raise RuntimeError("a statement of this transaction failed, so nothing of it was kept")

    async def rows(
        self, statement: Statement, values: Values = _NONE, owner: UUID | None = None
    ) -> list[Record]:
        arguments = statement.arguments(values)
        found: list[Record] = await self._run(
            PoolConnectionProxy.fetch, statement, arguments, owner
        )
        return found

    async def row(
        self, statement: Statement, values: Values = _NONE, owner: UUID | None = None
    ) -> Record | None:
        arguments = statement.arguments(values)
        found: Record | None = await self._run(
            PoolConnectionProxy.fetchrow, statement, arguments, owner
        )
        return found

    async def each(
        self, statement: Statement, values: Sequence[Values], owner: UUID | None = None
    ) -> None:
        """Execute once for each of `values`, pipelined: all of them, or none."""
        arguments = [statement.arguments(v) for v in values]
        await self._run(PoolConnectionProxy.executemany, statement, [arguments], owner)

    async def _run(
        self, execute: Execute, statement: Statement, arguments: list[Any], owner: UUID | None
    ) -> Any:
        with ANSWERING:
            if self._open is not None:
                if owner is not None and owner != self._owner:
                    await self._open.execute(_as(owner))
                    self._owner = owner
                return await execute(self._open, statement.sql, *arguments)
            connection = await self._pool.lend()
            try:
                found = await _alone(connection, execute, statement, arguments, owner)
            except BaseException:
                await self._pool.discard(connection)
                raise
            self._pool.give_back(connection)
            return found


async def _alone(
    connection: PoolConnectionProxy,
    execute: Execute,
    statement: Statement,
    arguments: list[Any],
    owner: UUID | None,
) -> Any:
    if owner is None:
        return await execute(connection, statement.sql, *arguments)
    if statement.owned is not None:
        return await execute(connection, statement.owned, *arguments, str(owner))
    await connection.execute(f"BEGIN; {_as(owner)}")
    found = await execute(connection, statement.sql, *arguments)
    await connection.execute("COMMIT")
    return found


def _as(owner: UUID) -> str:
    return f"SET LOCAL app.user_id = '{UUID(int=owner.int)}'"
