"""Both worlds with models that the tests change, as an operator changes the settings."""

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import msgspec
import pytest
from dishka import AsyncContainer, Provider, Scope, provide

from adapters.models.models import InstalledModels
from application.knowledge.embedding import Meaning
from application.knowledge.embedding_progress import ListEmbeddingSets
from application.knowledge.ports import Embedder, Embedding, Leaving, Models, Outgoing, Vector
from application.knowledge.views import Mode, Query
from domain.shared.ids import UserId
from entrypoints.container import in_memory, production
from entrypoints.http.inject import OfRequest
from entrypoints.settings import Settings


async def _nothing() -> None: ...


class WordsModel:
    """A small model: a vector tells which words a text has. `before` is done before each batch."""

    def __init__(self, name: str, dimensions: int = 8, *, is_external: bool = False) -> None:
        self.embedding_set, self.dimensions, self.is_external = name, dimensions, is_external
        self.read: list[str] = []
        self.before: Callable[[], Awaitable[None]] = _nothing

    async def embed(self, texts: Sequence[str], leaving: Leaving) -> list[Vector]:
        await self.before()
        if self.is_external:
            await leaving(Outgoing("away", self.embedding_set, "\n".join(texts).encode()))
        self.read += texts
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> Vector:
        found = [0.01] * self.dimensions
        for word in text.lower().split():
            found[zlib.crc32(word.encode()) % self.dimensions] += 1
        length = sum(number * number for number in found) ** 0.5
        return [number / length for number in found]


class ChangingModels:
    """What settings and packages give, after each restart something else."""

    def __init__(self) -> None:
        self.use(None)

    def use(self, wanted: Embedder | None, *others: Embedder) -> None:
        self._now = InstalledModels(wanted, others)

    @property
    def wanted(self) -> Embedder | None:
        return self._now.wanted

    def of(self, embedding_set: str) -> Embedder | None:
        return self._now.of(embedding_set)


class ModelsOf(Provider):
    scope = Scope.APP

    def __init__(self, models: ChangingModels) -> None:
        super().__init__()
        self._models = models

    @provide
    def models(self) -> Models:
        return self._models


@pytest.fixture
def models() -> ChangingModels:
    return ChangingModels()


@pytest.fixture
async def memory(settings: Settings, models: ChangingModels) -> AsyncIterator[AsyncContainer]:
    container = in_memory(settings, OfRequest(), ModelsOf(models))
    yield container
    await container.close()


@pytest.fixture
async def postgres(
    database: str, settings: Settings, models: ChangingModels
) -> AsyncIterator[AsyncContainer]:
    settings = msgspec.structs.replace(settings, database_url=database, db_pool_size=4)
    container = production(settings, OfRequest(), ModelsOf(models))
    yield container
    await container.close()


async def do[T](world: AsyncContainer, use_case: type[Callable[..., Awaitable[T]]]) -> T:
    async with world() as request:
        found: Any = await request.get(use_case)
        done: T = await found()
        return done


async def states(world: AsyncContainer) -> dict[str, str]:
    return {one.name: one.state for one in await do(world, ListEmbeddingSets)}


async def meaning(
    world: AsyncContainer, owner: UserId, mode: Mode = Mode.HYBRID
) -> Embedding | None:
    """What a query is compared with."""
    async with world() as request:
        found = await request.get(Meaning)
        return await found.of_query(owner, Query("late fee", mode=mode))
