"""Watching a document while it is read."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from application.knowledge.ports import DocumentReader
from application.knowledge.views import StatusView
from application.shared.actor import Actor, Scope
from application.shared.ports import Listener
from domain.shared.ids import DocumentId

POLL = timedelta(seconds=15)  # a signal may be lost


@dataclass(frozen=True, slots=True)
class WatchDocument:
    """How far a document is, and again whenever that changes, until it is read or cannot be, or is
    deleted. The first comes at once. Raises NotFound."""

    reader: DocumentReader
    listener: Listener

    async def __call__(self, actor: Actor, document_id: DocumentId) -> AsyncGenerator[StatusView]:
        actor.require(Scope.DOCUMENTS)
        seen = None
        with self.listener.listening(document_id) as changed:
            while True:
                changed.clear()
                status = await self.reader.status(actor.user_id, document_id)
                if status != seen:
                    yield status
                if status.ended:
                    return
                seen = status
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL.total_seconds()):
                        await changed.wait()
