"""From one model to another: a new set is built beside the one that answers, takes its place when
it is complete, and the old one goes.

All of this may be killed anywhere and is begun again: what has a vector is not embedded twice.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from application.identity.exports import Consents
from application.knowledge.embedding import BATCH, Batch, Embed, Pairs, Passages, may_read
from application.knowledge.embedding_ports import EmbeddingSets, Vectors, VectorUpkeep
from application.knowledge.ports import Embedder, Models, SearchIndex
from application.shared.ports import Clock, Transaction
from domain.knowledge.embedding import KEPT, EmbeddingSet, SetState, activate, rebuild, want
from domain.shared.ids import UserId, VersionId

PAGE = 200  # versions, or owners, that are looked up together
FAILURES = 10  # versions that could not be embedded: then something is wrong, and later will do
PLAIN = "What any model can read."
REMOVED = 10_000  # vectors in one transaction


class ModelFailed(Exception):
    """At a passage: its version may be why, which storage that fails never is."""


@dataclass(frozen=True, slots=True)
class FillSet:
    """Give every passage whose owner allows it the vector that it lacks in a set."""

    passages: Passages
    embed: Embed
    vectors: Vectors
    upkeep: VectorUpkeep
    index: SearchIndex
    consents: Consents
    clock: Clock

    async def __call__(self, one: EmbeddingSet, model: Embedder) -> int:
        """How many were made. A version that fails keeps no other, unless many do."""
        made, failures = 0, list[ModelFailed]()
        async for owner, version_id in incomplete(self.upkeep, one.name, self.clock.now()):
            if not await may_read(model, owner, self.consents):
                continue
            try:
                made += await self._fill(owner, version_id, model)
            except ModelFailed as error:
                await self._blame(owner, version_id, model)
                failures.append(error)
                if len(failures) == FAILURES:
                    break
        if failures:
            raise ExceptionGroup("versions that could not be embedded", failures)
        return made

    async def _fill(self, owner: UserId, version_id: VersionId, model: Embedder) -> int:
        made = 0
        async for batch in self.passages.lacking(owner, version_id, model):
            pairs = await self._read(owner, model, batch)
            await self.index.put_vectors(owner, model.embedding_set, pairs)
            made += len(pairs)
        return made

    async def _read(self, owner: UserId, model: Embedder, batch: Batch) -> Pairs:
        try:
            return await self.passages.read(owner, model, batch)
        except Exception as error:
            raise ModelFailed from error

    async def _blame(self, owner: UserId, version_id: VersionId, model: Embedder) -> None:
        """The version, if the model reads something else. Raises what the model does if not, or if
        its owner allows it no longer."""
        await self.embed(owner, model, [PLAIN] * BATCH)
        await self.vectors.failed(owner, version_id, model.embedding_set, self.clock.now())


@dataclass(frozen=True, slots=True)
class SwitchSet:
    """Let the set that is built answer, once no passage that may have a vector lacks it, but those
    of versions that were set aside. Whatever ends its ingestion in that moment is seen here, or
    sees that the set answers: both hold the sets."""

    sets: EmbeddingSets
    models: Models
    upkeep: VectorUpkeep
    consents: Consents
    clock: Clock
    transaction: Transaction

    async def __call__(self) -> bool:
        built = _in(await self.sets.all(), SetState.BUILDING)
        if built is None or await self._lacks(built):
            return False
        await self.upkeep.create_index(built)
        async with self.transaction:
            sets = await self.sets.locked()
            one = _in(sets, SetState.BUILDING)
            if one is None or one.name != built.name or await self._lacks(one):
                return False
            for changed in activate(sets, one, self.clock.now()):
                await self.sets.save(changed)
        return True

    async def _lacks(self, one: EmbeddingSet) -> bool:
        model = self.models.of(one.name)
        if model is None:
            return True  # whether it is complete is for those to say who have it
        async for owner, _ in incomplete(self.upkeep, one.name, self.clock.now()):
            if await may_read(model, owner, self.consents):
                return True
        return False


@dataclass(frozen=True, slots=True)
class WantModel:
    """The model of the settings is the one that is to answer. Run by a worker when it starts."""

    sets: EmbeddingSets
    models: Models
    switch: SwitchSet
    clock: Clock
    transaction: Transaction

    async def __call__(self) -> None:
        now, model = self.clock.now(), self.models.wanted
        wanted = None
        if model is not None:
            wanted = EmbeddingSet(
                name=model.embedding_set,
                dimensions=model.dimensions,
                state=SetState.BUILDING,
                created_at=now,
                changed_at=now,
            )
        async with self.transaction:
            for changed in want(await self.sets.locked(), wanted, now):
                await self.sets.save(changed)
        await self.switch()


@dataclass(frozen=True, slots=True)
class BuildEmbeddings:
    """Embed what the set that is built lacks, then let it answer. Run by a schedule."""

    sets: EmbeddingSets
    models: Models
    fill: FillSet
    switch: SwitchSet

    async def __call__(self) -> int:
        """How many passages got a vector."""
        made = await _filled(self.sets, SetState.BUILDING, self.models, self.fill)
        await self.switch()
        return made


@dataclass(frozen=True, slots=True)
class MendEmbeddings:
    """Embed what the set that answers lacks: of owners who allow it since then, and of those whose
    ingestion had no model. Run by a schedule."""

    sets: EmbeddingSets
    models: Models
    fill: FillSet

    async def __call__(self) -> int:
        """How many passages got a vector."""
        return await _filled(self.sets, SetState.ACTIVE, self.models, self.fill)


@dataclass(frozen=True, slots=True)
class EmptySet:
    """Remove the vectors of a set, for as long as it is in one state."""

    sets: EmbeddingSets
    vectors: Vectors
    upkeep: VectorUpkeep
    transaction: Transaction

    async def __call__(self, name: str, state: SetState) -> bool:
        """Whether all went."""
        while owners := await self.upkeep.owners(name, PAGE):
            for owner in owners:
                if not await self._remove(owner, name, state):
                    return False
        return True

    async def _remove(self, owner: UserId, name: str, state: SetState) -> bool:
        count = REMOVED
        while count == REMOVED:
            async with self.transaction:
                one = _in(await self.sets.held(), state, name)
                if one is None:
                    return False
                count = await self.vectors.remove(owner, name, REMOVED)
        return True


@dataclass(frozen=True, slots=True)
class RebuildEmbeddings:
    """Throw the vectors of the settings' model away, to make them anew. Until that is done, nothing
    is found by meaning."""

    sets: EmbeddingSets
    models: Models
    empty: EmptySet
    clock: Clock
    transaction: Transaction

    async def __call__(self) -> None:
        async with self.transaction:
            sets = await self.sets.locked()
            wanted = self.models.wanted
            one = next((s for s in sets if wanted and s.name == wanted.embedding_set), None)
            if one is None:
                return
            for changed in rebuild(sets, one, self.clock.now()):
                await self.sets.save(changed)
        await self.empty(one.name, SetState.BUILDING)


@dataclass(frozen=True, slots=True)
class DropEmbeddings:
    """Remove the sets that have retired: index, vectors, name. Run by a schedule."""

    sets: EmbeddingSets
    upkeep: VectorUpkeep
    empty: EmptySet
    clock: Clock
    transaction: Transaction

    async def __call__(self) -> int:
        """How many went."""
        horizon = self.clock.now() - KEPT
        retired = [s for s in await self.sets.all() if not s.is_live and s.changed_at <= horizon]
        return sum([await self._drop(one) for one in retired])

    async def _drop(self, one: EmbeddingSet) -> bool:
        await self.upkeep.drop_index(one)
        if not await self.empty(one.name, SetState.RETIRED):
            return False  # it is wanted again
        async with self.transaction:
            if _in(await self.sets.locked(), SetState.RETIRED, one.name) is None:
                return False
            await self.sets.remove(one.name)
        return True


async def incomplete(
    upkeep: VectorUpkeep, embedding_set: str, now: datetime
) -> AsyncIterator[tuple[UserId, VersionId]]:
    """Every version that lacks a vector of the set, page by page."""
    after = None
    while page := await upkeep.incomplete(embedding_set, now, after=after, limit=PAGE):
        for found in page:
            yield found
        _, after = page[-1]


async def _filled(sets: EmbeddingSets, state: SetState, models: Models, fill: FillSet) -> int:
    one = _in(await sets.all(), state)
    model = models.of(one.name) if one is not None else None
    return await fill(one, model) if one is not None and model is not None else 0


def _in(sets: list[EmbeddingSet], state: SetState, name: str | None = None) -> EmbeddingSet | None:
    found = (one for one in sets if one.state is state and name in (None, one.name))
    return next(found, None)
