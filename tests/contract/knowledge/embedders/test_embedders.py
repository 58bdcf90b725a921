"""What every Embedder promises."""

import asyncio

import pytest

from adapters.models.external import ExternalEmbedder
from adapters.models.minilm import MiniLmEmbedder
from adapters.models.static import StaticEmbedder
from adapters.postgres.knowledge.search_vectors import named
from application.knowledge.ports import Embedder
from tests.contract.knowledge.embedders.conftest import cosine, unwatched

RENT = "Rent is due from the lessee at the start of every month."
TEXTS = [RENT, "x", "", " ", "😀👩‍👩‍👧", "a" * 50_000, "法律", "\x00", "e\u0301", RENT * 30]


async def test_vectors_have_length_one(embedder: Embedder) -> None:
    vectors = await embedder.embed(TEXTS, unwatched)
    assert [len(vector) for vector in vectors] == [embedder.dimensions] * len(TEXTS)
    assert [cosine(vector, vector) for vector in vectors] == pytest.approx([1.0] * len(TEXTS))


async def test_no_text_has_no_vector(embedder: Embedder) -> None:
    assert await embedder.embed([], unwatched) == []


async def test_the_same_text_has_the_same_vector(embedder: Embedder) -> None:
    assert await embedder.embed(TEXTS, unwatched) == await embedder.embed(TEXTS, unwatched)


async def test_a_vector_does_not_depend_on_its_neighbours(embedder: Embedder) -> None:
    together = await embedder.embed(TEXTS, unwatched)
    alone = [(await embedder.embed([text], unwatched))[0] for text in TEXTS]
    backwards = (await embedder.embed(TEXTS[::-1], unwatched))[::-1]
    for vector, by_itself, turned in zip(together, alone, backwards, strict=True):
        assert cosine(vector, by_itself) == pytest.approx(1.0, abs=1e-5)
        assert cosine(vector, turned) == pytest.approx(1.0, abs=1e-5)


async def test_more_texts_than_a_batch_come_back_in_order(embedder: Embedder) -> None:
    texts = [f"number {n}" for n in range(130)]
    vectors = await embedder.embed(texts, unwatched)
    (last,) = await embedder.embed(texts[-1:], unwatched)
    assert len(vectors) == 130
    assert cosine(vectors[-1], last) == pytest.approx(1.0, abs=1e-5)


async def test_many_may_ask_at_once(embedder: Embedder) -> None:
    texts = [f"text number {n}" for n in range(8)]
    (first, *_), *others = await asyncio.gather(
        embedder.embed(texts, unwatched), *(embedder.embed([texts[0]], unwatched) for _ in range(4))
    )
    assert all(cosine(first, other) == pytest.approx(1.0, abs=1e-5) for (other,) in others)


async def test_what_shares_words_is_closer(embedder: Embedder) -> None:
    one, alike, other = await embedder.embed(
        [RENT, "The rent of the lessee is due every month.", "Plants turn light into sugar."],
        unwatched,
    )
    assert cosine(one, alike) > cosine(one, other) + 0.15


async def test_a_set_may_be_named_in_sql(embedder: Embedder) -> None:
    assert named(embedder.embedding_set) == embedder.embedding_set


async def test_every_model_has_a_set_of_its_own_and_only_one_sends_texts_away(
    minilm: MiniLmEmbedder, static: StaticEmbedder, external: ExternalEmbedder
) -> None:
    models: list[Embedder] = [minilm, static, external]
    assert [(m.embedding_set, m.dimensions) for m in models] == [
        ("minilm-l6-v2-int8", 384),
        ("wordllama-l2-supercat-256", 256),
        ("words--1/32", 32),
    ]
    assert [m.is_external for m in models] == [False, False, True]
