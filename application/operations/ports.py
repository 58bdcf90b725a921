from datetime import datetime
from typing import Protocol

from application.operations.replays import Answer, Attempt
from application.operations.views import QueueHealth, RecallHealth


class Probes(Protocol):
    """Each asks one part of the system something that it can only answer when it works, and
    raises Unavailable when it does not."""

    async def database(self) -> None: ...

    async def queue(self) -> QueueHealth: ...

    async def recall(self) -> list[RecallHealth]: ...


class Replays(Protocol):
    """Answers by their requests' keys. Never part of a transaction: of those who begin at the same
    time, in any process, one does."""

    async def begin(self, attempt: Attempt) -> Answer | None:
        """None for the first of its key, which has to `keep` or `forget`; later ones get the answer
        that it kept. What expired or was abandoned does not count. Raises IdempotencyKeyReused,
        RequestInFlight, AnsweredOnce."""

    async def keep(self, attempt: Attempt, answer: Answer) -> None:
        """For those that come later. An attempt that took so long that another took it over changes
        nothing, here and in `forget`."""

    async def forget(self, attempt: Attempt) -> None:
        """The next one is the first again."""

    async def purge(self, at: datetime) -> int:
        """Remove what expired; how many there were."""
