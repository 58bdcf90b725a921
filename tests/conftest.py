"""Two worlds behind the same ports: one in memory, one on a PostgreSQL of the test run's own."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import asyncpg
import msgspec
import pytest
from dishka import AsyncContainer

from entrypoints.container import in_memory, production
from entrypoints.database import migrate
from entrypoints.embedded_postgres import Cluster
from entrypoints.http.inject import OfRequest
from entrypoints.settings import Settings
from tests.buckets import Bucket, new_bucket, s3_server

TEMPLATE = "colonnade_template"
_numbers = count(1)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A throw-away server, whose template database has all tables."""
    folder = tmp_path_factory.mktemp("cluster") / "pg"
    with Cluster(folder, {"max_connections": "200"}, durable=False) as cluster:
        asyncio.run(execute(cluster.url(), f"CREATE DATABASE {TEMPLATE}"))
        migrate(cluster.url(TEMPLATE))
        yield cluster


@pytest.fixture
async def database(cluster: Cluster) -> str:
    """The URL of a fresh database with all tables."""
    return await _create(cluster)


@pytest.fixture(scope="session")
def s3() -> Iterator[dict[str, str]]:
    """The environment of an S3 server."""
    with s3_server() as environ:
        yield environ


@pytest.fixture
def bucket(s3: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """An empty one, whose server is the environment's."""
    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    return new_bucket(s3)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Without the limits per address, for all tests come from one: they have tests of their own."""
    return Settings(
        data_dir=tmp_path,
        login_failures_per_address_per_minute=0,
        registrations_per_address_per_minute=0,
    )


@pytest.fixture
async def memory(settings: Settings) -> AsyncIterator[AsyncContainer]:
    container = in_memory(settings, OfRequest())
    yield container
    await container.close()


@pytest.fixture
async def postgres(database: str, settings: Settings) -> AsyncIterator[AsyncContainer]:
    settings = msgspec.structs.replace(settings, database_url=database, db_pool_size=4)
    container = production(settings, OfRequest())
    yield container
    await container.close()


@pytest.fixture(params=["memory", "postgres"])
def world(request: pytest.FixtureRequest) -> AsyncContainer:
    """The same ports, once over a dict and once over Postgres."""
    world: AsyncContainer = request.getfixturevalue(request.param)
    return world


def new_database(cluster: Cluster) -> str:
    """For processes that several tests share: what `database` gives to one."""
    return asyncio.run(_create(cluster))


async def _create(cluster: Cluster) -> str:
    name = f"test_{next(_numbers)}"
    create = f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY"
    await execute(cluster.url(), create)
    return cluster.url(name)


async def execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url, ssl=False)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
