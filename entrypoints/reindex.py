import asyncio
from collections.abc import Callable

from dishka import AsyncContainer

from application.knowledge.embedding_progress import FRESH, ListEmbeddingSets
from application.knowledge.embedding_sets import (
    BuildEmbeddings,
    MendEmbeddings,
    RebuildEmbeddings,
    WantModel,
)
from application.knowledge.views import EmbeddingSetView
from domain.knowledge.embedding import SetState
from entrypoints.container import production
from entrypoints.settings import Settings

_PAUSE = FRESH.total_seconds()  # between two lines


async def show(settings: Settings) -> list[EmbeddingSetView]:
    """How far each embedding set is."""
    container = production(settings)
    try:
        return await _sets(container)
    finally:
        await container.close()


async def run(settings: Settings, tell: Callable[[str], None], *, force: bool) -> None:
    """Embed what the set of the settings' model lacks, or with `force` everything, and let it
    answer. Killed, it goes on the next time; beside a worker that does the same, each does a part
    twice and nothing is there twice."""
    container = production(settings)
    try:
        await _done(container, WantModel)
        if force:
            await _done(container, RebuildEmbeddings)
        work = asyncio.create_task(_filled(container))
        while not work.done():
            await asyncio.wait([work], timeout=_PAUSE)
            for one in await _sets(container):
                if one.state is SetState.BUILDING:
                    tell(f"{one.name}: {one.done} of {one.total} passages")
        await work
    finally:
        await container.close()


async def _filled(container: AsyncContainer) -> None:
    await _done(container, BuildEmbeddings)
    await _done(container, MendEmbeddings)


async def _sets(container: AsyncContainer) -> list[EmbeddingSetView]:
    async with container() as request:
        return await (await request.get(ListEmbeddingSets))()


async def _done(container: AsyncContainer, use_case: type) -> None:
    async with container() as request:
        await (await request.get(use_case))()
