import asyncio
import re

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from adapters.postgres.tables import OWNED
from entrypoints.database import ROOT, is_current, migrate
from entrypoints.embedded_postgres import Cluster
from tests.conftest import execute


def config(url: str) -> Config:
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = url
    return config


REVISIONS = [
    script.revision for script in ScriptDirectory.from_config(config("")).walk_revisions()
][::-1]


@pytest.fixture
def empty(cluster: Cluster) -> str:
    name = "stairway"
    asyncio.run(execute(cluster.url(), f"DROP DATABASE IF EXISTS {name}"))
    asyncio.run(execute(cluster.url(), f"CREATE DATABASE {name}"))
    return cluster.url(name)


def test_every_revision_goes_up_down_and_up_again(empty: str) -> None:
    for revision, below in zip(REVISIONS, ["base", *REVISIONS], strict=False):
        migrate(empty, revision)
        command.downgrade(config(empty), below)
        migrate(empty, revision)


def test_the_migrated_tables_are_those_of_the_code(empty: str) -> None:
    migrate(empty)
    command.check(config(empty))
    assert is_current(empty)


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(config("")).get_heads()) == 1


def test_two_processes_may_migrate_at_once(empty: str) -> None:
    import subprocess
    import sys

    argv = [sys.executable, "-m", "entrypoints", "migrate"]
    environ = {"DATABASE_URL": empty, "PATH": "/usr/bin:/bin", "DATA_DIR": "/nonexistent"}
    both = [
        subprocess.Popen(argv, cwd=ROOT, env=environ, stderr=subprocess.DEVNULL) for _ in range(2)
    ]
    assert [process.wait(60) for process in both] == [0, 0]


async def test_row_security_is_forced_wherever_rows_are_somebodys(database: str) -> None:
    connection = await asyncpg.connect(database, ssl=False)
    forced = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
    )
    policies = await connection.fetch("SELECT tablename, qual, with_check FROM pg_policies")
    await connection.close()
    assert {row["relname"] for row in forced} == {table.name for table in OWNED}
    assert {row["tablename"] for row in policies} == {table.name for table in OWNED}
    for policy in policies:
        for rule in (policy["qual"], policy["with_check"] or policy["qual"]):
            assert re.search(r"user_id = .*app\.user_id", rule), policy
