"""How a step of ingestion begins, goes on and ends."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from application.knowledge.ports import Versions
from application.shared.ports import Clock, Ids, Outbox, Signals, Transaction
from domain.knowledge.document import Failure, Step, Version
from domain.knowledge.events import (
    ChunksEmbedded,
    DocumentCompleted,
    DocumentFailed,
    DocumentUploaded,
    TermsIndexed,
    TextChunked,
    TextExtracted,
)
from domain.shared.errors import NotFound

type Ingested = DocumentUploaded | TextExtracted | TextChunked | TermsIndexed | ChunksEmbedded
type Next = TextExtracted | TextChunked | TermsIndexed | ChunksEmbedded | DocumentCompleted


@dataclass(frozen=True, slots=True)
class Progress:
    """How every step begins and ends. Whoever watches the document is told."""

    versions: Versions
    clock: Clock
    ids: Ids
    outbox: Outbox
    signals: Signals
    transaction: Transaction

    async def begin(self, event: Ingested, step: Step, total: int = 1) -> Version | None:
        """The version, if this is the step it waits for; None if it is past it, has failed, was
        deleted or superseded."""
        async with self.transaction:
            version = await self._awaiting(event, step)
            if version is not None:
                version.begin(step, total, self.clock.now())
                await self._save(version)
            return version

    async def finish(
        self,
        event: Ingested,
        step: Step,
        keep: Callable[[], Awaitable[None]],
        fact: type[Next],
    ) -> None:
        """`keep` what the step made and publish `fact`, unless somebody else did meanwhile."""
        async with self.transaction:
            await self.conclude(event, step, keep, fact)

    async def conclude(
        self,
        event: Ingested,
        step: Step,
        keep: Callable[[], Awaitable[None]],
        fact: type[Next],
    ) -> None:
        """`finish`, inside a transaction."""
        version = await self._awaiting(event, step)
        if version is None:
            return
        await keep()
        version.finish(step, self.clock.now())
        await self._save(version)
        await self.outbox.publish(fact(self.ids.next(), version.user_id, version.id))

    async def advance(
        self, event: Ingested, step: Step, done: int, keep: Callable[[], Awaitable[None]]
    ) -> bool:
        """`keep` a part of a step, of which `done` units are behind. False: it is not wanted."""
        async with self.transaction:
            version = await self._awaiting(event, step)
            if version is None:
                return False
            await keep()
            version.done, version.updated_at = done, self.clock.now()
            await self._save(version)
            return True

    async def fail(self, event: Ingested, failure: Failure, detail: str) -> None:
        with suppress(NotFound):
            async with self.transaction:
                version = await self.versions.get(event.user_id, event.version_id)
                if version.step is not None:
                    version.fail(failure, detail, self.clock.now())
                    await self._save(version)
                    failed = DocumentFailed(self.ids.next(), version.user_id, version.id)
                    await self.outbox.publish(failed)

    async def _awaiting(self, event: Ingested, step: Step) -> Version | None:
        try:
            version = await self.versions.get(event.user_id, event.version_id)
        except NotFound:
            return None
        return version if version.awaits(step) else None

    async def _save(self, version: Version) -> None:
        await self.versions.save(version)
        await self.signals.send(version.document_id)
