from typing import Protocol

from application.operations.views import QueueHealth


class Probes(Protocol):
    """Each asks one part of the system something that it can only answer when it works, and
    raises Unavailable when it does not."""

    async def database(self) -> None: ...

    async def queue(self) -> QueueHealth: ...
