import asyncio
from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType
from typing import Protocol
from uuid import UUID


class Clock(Protocol):
    def now(self) -> datetime: ...


class Ids(Protocol):
    def next(self) -> UUID:
        """A fresh id that sorts after every id given before (UUIDv7)."""
        ...


class Secrets(Protocol):
    def token(self) -> bytes:
        """256 bits that nobody can guess."""
        ...


class Crypto(Protocol):
    """Authenticated encryption of single fields. `place` says which field of which row (for
    instance `sessions:family_key:<id>`): a value moved to another place does not open."""

    def encrypt(self, plain: bytes, place: str) -> bytes: ...

    def decrypt(self, sealed: bytes, place: str) -> bytes:
        """Raises CannotDecrypt for another key, another place or a changed byte."""
        ...


class Transaction(Protocol):
    """`async with transaction:` keeps all writes in the block, or none."""

    async def __aenter__(self) -> None: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Outbox(Protocol):
    async def publish(self, event: object) -> None:
        """Hand `event` to its followers once the running transaction is kept."""
        ...


class Signals(Protocol):
    async def send(self, topic: UUID) -> None:
        """Wake whoever listens to `topic`, in every process, once the running transaction is
        kept."""
        ...


class Listener(Protocol):
    def listening(self, topic: UUID) -> AbstractContextManager[asyncio.Event]:
        """An event that is set whenever `topic` is signalled, cheap enough for hundreds at a time.
        A signal may be lost with a connection: look for yourself now and then."""
        ...
