"""The wheel, as another service installs it."""

import subprocess
import sys

from tests.running import PATIENCE, ROOT


def test_the_wheel_answers_with_its_base_alone_beside_a_foreign_application() -> None:
    command = [sys.executable, "deploy/try_wheel.py"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "is good" in done.stdout
