import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from dishka import AsyncContainer

from application.identity.ports import AuditLog
from application.shared.ports import Transaction
from domain.identity.audit import AuditEvent
from tests.conftest import execute

ROOT = Path(__file__).parents[2]


def verify(url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "entrypoints", "verify-audit"]
    environ = {"DATABASE_URL": url, "PATH": "/usr/bin:/bin", "DATA_DIR": str(folder)}
    return subprocess.run(argv, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


async def test_the_command_says_which_entry_is_not_sound(
    postgres: AsyncContainer, database: str, tmp_path: Path
) -> None:
    async with postgres() as request, await request.get(Transaction):
        for _ in range(3):
            event = AuditEvent(id=uuid4(), at=datetime.now(UTC), action="user.created")
            await (await request.get(AuditLog)).add(event)
    sound = verify(database, tmp_path)
    assert (sound.returncode, sound.stdout) == (0, "The audit log is sound: 3 entries.\n")

    await execute(database, "UPDATE audit_events SET action = 'user.deleted' WHERE number = 2")
    broken = verify(database, tmp_path)
    assert broken.returncode == 1
    assert "broken at entry 2" in broken.stderr
