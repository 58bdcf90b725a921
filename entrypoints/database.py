"""Where the database is, and whether its tables are those of this code.

`serve` asks that at every start: alembic, as slow to import as all else, is when it has work."""

import asyncio
import re
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


class Unreachable(Exception):
    """Nothing that speaks PostgreSQL answers at the URL, or it does not let us in."""


class WrongName(Exception):
    """Migrations run, and are listed, in the order of their numbers."""


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

    command.upgrade(alembic_config(url), revision)


def draft(url: str, name: str) -> None:
    """Write migrations/versions/<name>.py, `0005_wellness` for instance, from what differs.
    Raises WrongName."""
    from alembic import command

    if not re.fullmatch(r"\d{4}_[a-z0-9_]+", name):
        raise WrongName(f"a migration is called like 0005_wellness, not {name!r}")
    migrate(url)
    revision, _, slug = name.partition("_")
    command.revision(alembic_config(url), message=slug, rev_id=revision, autogenerate=True)


def alembic_config(url: str) -> Any:
    """For alembic's own commands, on the database at `url`."""
    from alembic.config import Config

    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = url
    return config


def is_current(url: str) -> bool:
    """Whether the newest migration has run. Raises Unreachable."""
    newest = max(path.name for path in VERSIONS.glob("[0-9]*.py")).split("_")[0]
    try:
        return asyncio.run(_revision(url)) == newest
    except (OSError, asyncpg.PostgresError) as error:
        raise Unreachable(f"the database of DATABASE_URL does not answer: {error}") from error


async def _revision(url: str) -> str | None:
    connection = await asyncpg.connect(url, ssl=False if "host=/" in url else None)
    try:
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return revision
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await connection.close()
