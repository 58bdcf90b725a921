"""Builds the wheel, installs it with only its base in a clean environment, beside a foreign package
called `application`, and plays the main job there over the memory adapters."""

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOREIGN = 'NAME = "somebody else\'s application"\n'
SCRIPT = '''
import asyncio
import pkgutil
from importlib import import_module

import application
import colonnade.application
import colonnade.domain
from colonnade.adapters.memory.world import World
from colonnade.application.conversations.asking import AskQuestion, Question
from colonnade.application.conversations.reading import ShowMessage
from colonnade.application.files.exports import Upload
from colonnade.application.identity.users import RegisterUser, Registration
from colonnade.application.knowledge.documents import Details, UploadDocument
from colonnade.application.shared.actor import EVERYTHING_OWN, Actor

assert application.NAME == "somebody else's application", application.__file__
for layer in (colonnade.domain, colonnade.application):
    for found in pkgutil.walk_packages(layer.__path__, layer.__name__ + "."):
        import_module(found.name)

POLICY = """# Retention

Invoices are kept for ten years after the end of the financial year.
Applications of people whom we did not hire are erased after six months.
"""


async def content():
    yield POLICY.encode()


async def main():
    world = World()
    ada = await world.get(RegisterUser)(Registration("ada@example.org", "correct horse battery"))
    actor = Actor(ada.id, EVERYTHING_OWN)
    await world.get(UploadDocument)(actor, Upload("policy.md", content()), Details())
    await world.drain(twice=True)
    asked = await world.get(AskQuestion)(actor, Question("How long are invoices kept?"))
    await world.drain(twice=True)
    answer = await world.get(ShowMessage)(actor, asked.answer.id)
    (citation,) = answer.citations
    assert POLICY[citation.start : citation.end] == citation.quote == answer.content
    assert answer.content == POLICY.splitlines()[2], answer.content
    print(f"asked:    {asked.question.content}")
    print(f"answered: {answer.content}")
    print(f"cited:    {citation.document_title}, {citation.start}..{citation.end}")


asyncio.run(main())
'''


def main() -> None:
    dist = ROOT / "dist"
    uv = [sys.executable, "-m", "uv"]
    _run([*uv, "build", "--quiet", "--wheel", "--out-dir", dist, ROOT])
    wheel = max(dist.glob("colonnade-*.whl"), key=lambda path: path.stat().st_mtime)
    with tempfile.TemporaryDirectory() as folder:
        clean = Path(folder)
        venv.create(clean / "venv", with_pip=False)
        python = clean / "venv" / "bin" / "python"
        _run([*uv, "pip", "install", "--quiet", "--python", python, wheel])
        (clean / "application.py").write_text(FOREIGN)
        (clean / "script.py").write_text(SCRIPT)
        _run([python, "script.py"], cwd=clean)
    print(f"{wheel.relative_to(ROOT)} is good")


def _run(command: list[str | Path], cwd: Path = ROOT) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    subprocess.run(command, check=True, cwd=cwd, env=environ)


if __name__ == "__main__":
    main()
