"""What a database that does not answer as it should means to who asked."""

from datetime import timedelta
from types import TracebackType

import asyncpg

from domain.shared.errors import Invalid, Unavailable

# What asyncpg raises when the database is away or too busy.
DOWN = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.LockNotAvailableError,
    asyncpg.InterfaceError,
    # A connection that has heard its server die, and not yet that it is closed.
    asyncpg.InternalClientError,
)
_NOT_TEXT = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)
_AFTER = timedelta(seconds=2)


class _Answering:
    """A database that is down, too busy or without our tables is Unavailable, text it cannot keep is
    Invalid."""

    def __enter__(self) -> None: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, DOWN):
            raise Unavailable("the database does not answer", _AFTER) from error
        if isinstance(error, asyncpg.UndefinedTableError):
            raise without_tables() from error
        if isinstance(error, _NOT_TEXT):
            raise Invalid("text may not hold a NUL character") from None


ANSWERING = _Answering()


def without_tables() -> Unavailable:
    return Unavailable("the database has no tables: `python -m entrypoints migrate`", _AFTER)
