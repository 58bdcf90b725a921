"""What happens to sets of embeddings, step by step."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from dishka import AsyncContainer

from application.knowledge.embedding_ports import EmbeddingSets, Vectors
from application.knowledge.embedding_sets import (
    MendEmbeddings,
    WantModel,
)
from application.knowledge.ingestion import EmbedChunks
from application.knowledge.ports import Versions
from application.shared.ports import Ids
from domain.knowledge.document import Step
from domain.knowledge.embedding import KEPT
from domain.knowledge.events import TermsIndexed
from domain.shared.ids import UserId
from tests.contract.knowledge.embedding_sets.conftest import (
    ChangingModels,
    WordsModel,
    do,
)
from tests.contract.knowledge.library import LEASE, Stored, store_version


async def start(world: AsyncContainer, models: ChangingModels, *use: WordsModel | None) -> None:
    """A worker, with the first of them in its settings and the others installed."""
    wanted, *others = use
    models.use(wanted, *[one for one in others if one])
    await do(world, WantModel)


async def embedded(world: AsyncContainer, stored: Stored, name: str) -> int:
    """How many passages of the version have a vector in the set."""
    async with world() as request:
        vectors = await request.get(Vectors)
        lacking = await vectors.lacking(stored.document.user_id, stored.version.id, name, limit=100)
    return len(stored.chunks) - len(lacking)


async def fail(world: AsyncContainer, stored: Stored, name: str, times: list[datetime]) -> None:
    """Tries to embed the version that came to nothing."""
    async with world() as request:
        vectors = await request.get(Vectors)
        for at in times:
            await vectors.failed(stored.document.user_id, stored.version.id, name, at)


async def read_by(
    world: AsyncContainer, models: ChangingModels, owner: UserId, model: WordsModel
) -> Stored:
    """A lease whose passages the model has read."""
    await start(world, models, model)
    stored = await store_version(world, owner, "Lease", *LEASE)
    await do(world, MendEmbeddings)
    return stored


async def ingest(world: AsyncContainer, owner: UserId) -> Stored:
    """A version, up to and with the step that embeds it."""
    stored = await store_version(world, owner, "Lease", *LEASE, publish=False)
    async with world() as request:
        await (await request.get(Versions)).save(replace(stored.version, step=Step.EMBED))
    event = TermsIndexed((await world.get(Ids)).next(), owner, stored.version.id)
    async with world() as request:
        await (await request.get(EmbedChunks))(event)
    return stored


async def pass_time(world: AsyncContainer, name: str) -> None:
    """Until a set that has retired may go."""
    async with world() as request:
        sets = await request.get(EmbeddingSets)
        (one,) = [s for s in await sets.all() if s.name == name]
        await sets.save(replace(one, changed_at=one.changed_at - KEPT))


def once(action: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
    left = [action]

    async def before() -> None:
        if left:
            await left.pop()()

    return before
