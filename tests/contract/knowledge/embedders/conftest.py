from collections.abc import AsyncIterator, Iterator

import pytest

from adapters.models.external import ExternalEmbedder
from adapters.models.minilm import MiniLmEmbedder
from adapters.models.static import StaticEmbedder
from application.knowledge.ports import Embedder, Outgoing, Vector
from tests.embedding_endpoint import process
from tests.embedding_endpoint.process import EndpointProcess


@pytest.fixture(scope="session")
def minilm() -> Iterator[MiniLmEmbedder]:
    embedder = MiniLmEmbedder()
    yield embedder
    embedder.close()


@pytest.fixture(scope="session")
def static() -> Iterator[StaticEmbedder]:
    embedder = StaticEmbedder()
    yield embedder
    embedder.close()


@pytest.fixture(scope="session")
def running_endpoint() -> Iterator[EndpointProcess]:
    with process.running() as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(running_endpoint: EndpointProcess) -> EndpointProcess:
    running_endpoint.will()
    return running_endpoint


@pytest.fixture
async def external(endpoint: EndpointProcess) -> AsyncIterator[ExternalEmbedder]:
    async with process.embedder(endpoint.url) as embedder:
        yield embedder


@pytest.fixture(params=["minilm", "static", "external"])
def embedder(
    request: pytest.FixtureRequest,
    minilm: MiniLmEmbedder,
    static: StaticEmbedder,
    external: ExternalEmbedder,
) -> Embedder:
    """Every adapter of the port."""
    found: dict[str, Embedder] = {"minilm": minilm, "static": static, "external": external}
    return found[request.param]


async def unwatched(_: Outgoing) -> None:
    """Lets everything leave."""


def cosine(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
