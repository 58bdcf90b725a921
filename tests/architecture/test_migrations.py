import asyncio
import re
import shutil
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from alembic import command
from alembic.script import ScriptDirectory

from adapters.postgres.tables import OWNED
from entrypoints import database
from entrypoints.database import ROOT, WrongName, alembic_config, draft, is_current, migrate
from entrypoints.embedded_postgres import Cluster
from tests.conftest import execute
from tests.running import sql

REVISIONS = [
    script.revision for script in ScriptDirectory.from_config(alembic_config("")).walk_revisions()
][::-1]

_NOBODY = f"current_setting('app.user_id'::text, true) = '{UUID(int=0)}'::text"

# By nobody: foreign keys are not asked.
SAID = """
SET session_replication_role = replica;
INSERT INTO conversations (user_id, id, kind, title, created_at, updated_at)
    SELECT '00000000-0000-0000-0000-000000000001', id, 'research', 'Fees?', now(), now()
    FROM unnest(ARRAY['00000000-0000-0000-0000-000000000002',
        '00000000-0000-0000-0000-000000000003']::uuid[]) AS id;
INSERT INTO messages (user_id, id, conversation_id, role, content, status, document_ids, citations,
        nearest, prompt_tokens, completion_tokens, created_at)
    SELECT '00000000-0000-0000-0000-000000000001', gen_random_uuid(),
        '00000000-0000-0000-0000-000000000002', 'user', '?', 'complete', '[]', '[]', '[]', 0, 0,
        timestamptz '2026-11-25' + number * interval '1 day'
    FROM generate_series(1, 3) AS number;
"""


@pytest.fixture
def empty(cluster: Cluster) -> str:
    name = "stairway"
    asyncio.run(execute(cluster.url(), f"DROP DATABASE IF EXISTS {name}"))
    asyncio.run(execute(cluster.url(), f"CREATE DATABASE {name}"))
    return cluster.url(name)


def test_every_revision_goes_up_down_and_up_again(empty: str) -> None:
    for revision, below in zip(REVISIONS, ["base", *REVISIONS], strict=False):
        migrate(empty, revision)
        command.downgrade(alembic_config(empty), below)
        migrate(empty, revision)


def test_messages_that_were_there_before_are_counted(empty: str) -> None:
    migrate(empty, "0013")
    asyncio.run(execute(empty, SAID))
    migrate(empty)
    rows = sql(
        empty,
        "SELECT id, message_count AS held, last_message_at = '2026-11-28' AS last"
        " FROM conversations ORDER BY id",
    )
    assert [tuple(row) for row in rows] == [(UUID(int=2), 3, True), (UUID(int=3), 0, None)]


def test_the_migrated_tables_are_those_of_the_code(empty: str) -> None:
    migrate(empty)
    command.check(alembic_config(empty))
    assert is_current(empty)


def test_a_drafted_migration_makes_the_tables_those_of_the_code(
    empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("alembic.ini", "migrations"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    monkeypatch.setattr(database, "ROOT", tmp_path)
    migrate(empty)
    asyncio.run(execute(empty, "DROP INDEX messages_conversation_idx"))

    draft(empty, "9999_messages_in_order")

    drafted = (tmp_path / "migrations" / "versions" / "9999_messages_in_order.py").read_text()
    assert f'revision = "9999"\ndown_revision = "{REVISIONS[-1]}"' in drafted
    migrate(empty)
    command.check(alembic_config(empty))


@pytest.mark.parametrize(
    "name", ["", "wellness", "5_wellness", "0005", "0005_Wellness", "../0005_x"]
)
def test_a_migration_without_number_and_name_is_refused(name: str) -> None:
    with pytest.raises(WrongName):
        draft("postgresql://nowhere", name)


OLD_DOCUMENT = """
INSERT INTO users (id, email, password, email_verified, is_active, is_admin, timezone, locale,
    created_at, updated_at, anonymous_id)
VALUES ('{0}', 'ada@example.org', 'x', true, true, false, 'UTC', 'en', now(), now(), 'a');
INSERT INTO stored_files VALUES
    ('{0}', '{0}', 'document', 'a.pdf', 'key', 'application/pdf', 7, 'a', now());
INSERT INTO documents (user_id, id, title, sha256, created_at, updated_at)
VALUES ('{0}', '{0}', 'A', 'a', now(), now());
INSERT INTO document_versions (user_id, id, document_id, file_id, number, status, done, total,
    created_at, updated_at)
VALUES ('{0}', '{0}', '{0}', '{0}', 1, 'completed', 0, 0, now(), now());
INSERT INTO document_texts VALUES ('{0}', '{0}', 'x', 'a', '[[1, 0, 1], [2, 1, 2]]', '[]');
UPDATE documents SET current_version_id = '{0}';
"""


async def test_documents_that_were_there_before_have_a_type_and_pages(empty: str) -> None:
    await asyncio.to_thread(migrate, empty, "0005")
    await execute(empty, OLD_DOCUMENT.format(UUID(int=1)))
    await asyncio.to_thread(migrate, empty)
    connection = await asyncpg.connect(empty, ssl=False)
    rows = await connection.fetch("SELECT file_type, page_count, category FROM documents")
    await connection.close()
    assert [tuple(row) for row in rows] == [("pdf", 2, "other")]


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(alembic_config("")).get_heads()) == 1


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
    policies = await connection.fetch(
        "SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies"
    )
    await connection.close()
    assert {row["relname"] for row in forced} == {table.name for table in OWNED}
    assert {row["tablename"] for row in policies} == {table.name for table in OWNED}
    exceptions = {(p["tablename"], p["cmd"]) for p in policies if p["policyname"] != "owner"}
    assert exceptions == {
        ("idempotency_keys", "SELECT"),
        ("idempotency_keys", "DELETE"),
        ("message_events", "SELECT"),
        ("message_events", "DELETE"),
        ("usage_reservations", "SELECT"),
    }
    for policy in policies:
        if policy["policyname"] != "owner":  # what has expired, for the purge
            assert policy["qual"] == f"((expires_at < now()) AND ({_NOBODY}))"
            continue
        for rule in (policy["qual"], policy["with_check"] or policy["qual"]):
            assert re.search(r"user_id = .*app\.user_id", rule), policy
