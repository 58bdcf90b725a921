from collections.abc import Awaitable, Callable
from importlib.metadata import version

from dishka import AsyncContainer, FromDishka
from litestar import get

from application.files.exports import CheckStorage
from application.knowledge.embedding_progress import ListEmbeddingSets
from application.knowledge.orphans import CountOrphans
from application.knowledge.ports import Models
from application.operations.ports import Probes
from application.operations.views import DatabaseHealth, DetailedHealth, Health, Welcome, Word
from domain.shared.errors import Unavailable
from entrypoints.http.inject import Injected
from entrypoints.http.openapi import problems
from entrypoints.settings import Settings

SERVICE, VERSION = "colonnade", version("colonnade")


@get(["/health", "/api/v1/health"], summary="Is the process alive?")
async def show_health() -> Health:
    """Never asks the database: a load balancer must not restart us for its sake."""
    return Health(Word.OK, VERSION, SERVICE)


@get(
    ["/api/v1/health/db", "/api/v1/health/ready"],
    summary="Is the database there?",
    responses=problems(),
)
async def show_database_health(probes: FromDishka[Probes]) -> DatabaseHealth:
    """503 while it is not."""
    await probes.database()
    return DatabaseHealth(Word.OK, "connected")


@get("/api/v1/health/detailed", summary="How is each part?")
async def show_detailed_health(
    container: FromDishka[AsyncContainer],
    models: FromDishka[Models],
    settings: FromDishka[Settings],
) -> DetailedHealth:
    """Always 200: `status` says `degraded` when a part does not answer."""
    queue = await _told(container, Probes, lambda probes: probes.queue())
    files = await _told(container, CheckStorage, lambda check: check())
    sets = await _told(container, ListEmbeddingSets, lambda show: show())
    recall = await _told(container, Probes, lambda probes: probes.recall())
    orphans = await _told(container, CountOrphans, lambda count: count())
    return DetailedHealth(
        status=Word.OK if queue and files and files.writable else Word.DEGRADED,
        version=VERSION,
        service=SERVICE,
        environment=settings.environment,
        database="connected" if queue else "unavailable",
        queue=queue,
        storage=files,
        embeddings=models.wanted.embedding_set if models.wanted else None,
        embedding_sets=sets,
        recall=recall or [],
        orphans=orphans,
    )


@get("/", summary="What is this?")
async def show_root(settings: FromDishka[Settings]) -> Welcome:
    """The way to everything else."""
    shown = settings.shows_docs
    return Welcome(
        service=SERVICE,
        version=VERSION,
        status="running",
        docs="/docs" if shown else None,
        redoc="/redoc" if shown else None,
        openapi="/openapi.json" if shown else None,
        health="/api/v1/health",
        problems="/problems",
        first_step="POST /api/v1/auth/register",
    )


async def _told[Port, T](
    container: AsyncContainer, port: type[Port], ask: Callable[[Port], Awaitable[T]]
) -> T | None:
    """None from what cannot be asked: to make an adapter may be to connect to the database."""
    try:
        return await ask(await container.get(port))
    except Unavailable:
        return None


router = Injected(
    "/",
    route_handlers=[show_root, show_health, show_database_health, show_detailed_health],
    tags=["operations"],
)
