"""What is true of the static table alone."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.models.packaged import ModelUnusable
from adapters.models.static import TABLE, StaticEmbedder
from tests.contract.knowledge.embedders.conftest import cosine

ROOT = Path(__file__).parents[4]


async def test_all_of_a_long_text_is_read(static: StaticEmbedder) -> None:
    start = "word " * 3000
    one, other = await static.embed([start, start + "volcanoes erupt lava " * 300])
    assert cosine(one, other) < 0.97


async def test_the_event_loop_stays_free(static: StaticEmbedder) -> None:
    await static.warm()
    work = asyncio.create_task(static.embed(["a long text " * 100] * 500))
    turns = 0
    while not work.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 100


async def test_an_unknown_table_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table = tmp_path / "wordllama" / TABLE[0]
    table.parent.mkdir(parents=True)
    (tmp_path / "wordllama" / "__init__.py").touch()
    table.write_bytes(b"something else")
    monkeypatch.syspath_prepend(tmp_path)
    embedder = StaticEmbedder()
    with pytest.raises(ModelUnusable, match="not the model"):
        await embedder.warm()
    embedder.close()


def test_the_package_and_all_that_it_brings_stay_unloaded() -> None:
    """Its own loader asks the network, and sets logging up for everybody."""
    script = (
        "import asyncio, sys; from adapters.models.static import StaticEmbedder\n"
        "asyncio.run(StaticEmbedder().warm())\n"
        "sys.exit(bool({'wordllama', 'requests', 'safetensors', 'pydantic'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
