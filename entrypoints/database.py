"""Where the database is, and whether its tables are those of this code.

`serve` asks that at every start: alembic, as slow to import as all else, is when it has work."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from entrypoints.embedded_postgres import AlreadyRunning, Cluster
from entrypoints.settings import Settings

ROOT = Path(__file__).parent.parent
VERSIONS = ROOT / "migrations" / "versions"


def embedded(settings: Settings) -> Cluster:
    return Cluster(settings.data_dir.resolve() / "pg")


@contextmanager
def reachable(settings: Settings) -> Iterator[Settings]:
    """Settings with the URL of a database that runs: the one given, the embedded one of a running
    `serve`, or else the embedded one, started for the duration of the block."""
    if settings.database_url is not None:
        yield settings
        return
    cluster = embedded(settings)
    with suppress(AlreadyRunning):  # then its URL serves us too
        cluster.start()
    try:
        yield msgspec.structs.replace(settings, database_url=cluster.url())
    finally:
        cluster.stop()


def migrate(url: str, revision: str = "head") -> None:
    """Bring the tables to `revision`, waiting for another process that does the same."""
    from alembic import command

    command.upgrade(_alembic(url), revision)


def draft(url: str, name: str) -> None:
    """Write migrations/versions/<name>.py, `0005_wellness` for instance, from what differs."""
    from alembic import command

    migrate(url)
    revision, _, slug = name.partition("_")
    command.revision(_alembic(url), message=slug, rev_id=revision, autogenerate=True)


def _alembic(url: str) -> Any:
    from alembic.config import Config

    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = url
    return config


def is_current(url: str) -> bool:
    """Whether the newest migration has run."""
    newest = max(path.name for path in VERSIONS.glob("[0-9]*.py")).split("_")[0]
    return asyncio.run(_revision(url)) == newest


async def _revision(url: str) -> str | None:
    connection = await asyncpg.connect(url, ssl=False if "host=/" in url else None)
    try:
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return revision
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await connection.close()
