"""What an endpoint may do to us, and what we make of it."""

import logging
from datetime import timedelta

import pytest

from adapters.models.external import LONGEST, ExternalEmbedder
from domain.shared.errors import Unavailable
from tests.contract.knowledge.embedders.conftest import cosine, unwatched
from tests.embedding_endpoint import process
from tests.embedding_endpoint.process import KEY, MODEL, EndpointProcess

SECRET = "the secret clause"


async def test_it_is_asked_as_openai_is(
    external: ExternalEmbedder, endpoint: EndpointProcess
) -> None:
    await external.embed(["one", ""], unwatched)
    (seen,) = endpoint.seen()
    assert (
        seen.items()
        >= {
            "path": "/v1/embeddings",
            "key": f"Bearer {KEY}",
            "model": MODEL,
            "input": ["one", " "],
        }.items()
    )


async def test_many_texts_are_sent_in_batches_and_cut_where_it_would_refuse_them(
    external: ExternalEmbedder, endpoint: EndpointProcess
) -> None:
    await external.embed(["a" * (LONGEST + 1)] + ["text"] * 99, unwatched)
    assert [len(request["input"]) for request in endpoint.seen()] == [64, 36]
    assert len(endpoint.seen()[0]["input"][0]) == LONGEST


@pytest.mark.parametrize(
    "acts",
    [
        ["busy"],
        ["busy", "busy until now", "busy"],
        ["busy, unclear"],
        ["broken", "cut", "broken"],
        ["cut"],
    ],
)
async def test_what_may_pass_is_tried_again(
    external: ExternalEmbedder, endpoint: EndpointProcess, acts: list[str]
) -> None:
    endpoint.will(*acts)
    (vector,) = await external.embed(["one"], unwatched)
    assert cosine(vector, vector) == pytest.approx(1.0)
    assert len(endpoint.seen()) == len(acts) + 1


@pytest.mark.parametrize("act", ["busy", "broken", "cut"])
async def test_four_tries_are_enough(
    external: ExternalEmbedder, endpoint: EndpointProcess, act: str
) -> None:
    endpoint.will(*[act] * 9)
    with pytest.raises(Unavailable):
        await external.embed(["one"], unwatched)
    assert len(endpoint.seen()) == 4


async def test_whoever_is_told_to_come_back_in_an_hour_gives_up_at_once(
    external: ExternalEmbedder, endpoint: EndpointProcess
) -> None:
    endpoint.will("busy for an hour")
    with pytest.raises(Unavailable) as raised:
        await external.embed(["one"], unwatched)
    assert raised.value.retry_after == timedelta(hours=1)
    assert len(endpoint.seen()) == 1


@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("refused", "answered 401"),
        ("moved", "answered 307"),
        ("html", "no list of vectors"),
        ("null", "no list of vectors"),
        ("nan", "no list of vectors"),
        ("fewer", "1 vectors for 2 texts"),
        ("twice", "2 vectors for 2 texts"),
        ("short", "31 dimensions instead of 32"),
        ("zero", "without a direction"),
        ("huge", "without a direction"),
        ("endless", "more than was asked for"),
    ],
)
async def test_what_is_wrong_is_said_once_and_never_kept(
    external: ExternalEmbedder, endpoint: EndpointProcess, act: str, said: str
) -> None:
    endpoint.will(act)
    with pytest.raises(Unavailable, match=said) as raised:
        await external.embed([SECRET, "two"], unwatched)
    assert len(endpoint.seen()) == 1
    assert SECRET not in str(raised.value)


async def test_vectors_are_put_in_order_by_their_index(
    external: ExternalEmbedder, endpoint: EndpointProcess
) -> None:
    texts = ["one", "two", "three"]
    expected = await external.embed(texts, unwatched)
    endpoint.will("shuffled")
    assert await external.embed(texts, unwatched) == expected


async def test_a_slow_answer_is_waited_for_and_a_hanging_one_is_not(
    endpoint: EndpointProcess,
) -> None:
    async with process.embedder(endpoint.url) as patient:
        endpoint.will("slow")
        assert len(await patient.embed(["one"], unwatched)) == 1
    async with process.embedder(endpoint.url, patience=0.2) as hasty:
        endpoint.will(*["hanging"] * 4)
        with pytest.raises(Unavailable, match="ReadTimeout"):
            await hasty.embed(["one"], unwatched)
        assert len(endpoint.seen()) == 4


async def test_an_endpoint_that_is_not_there_is_unavailable() -> None:
    async with process.embedder("http://127.0.0.1:9") as nobody:
        with pytest.raises(Unavailable, match="ConnectError"):
            await nobody.embed(["one"], unwatched)


async def test_neither_the_key_nor_the_text_is_logged(
    external: ExternalEmbedder, endpoint: EndpointProcess, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.will("broken", "refused")
    with caplog.at_level(logging.DEBUG), pytest.raises(Unavailable) as raised:
        await external.embed([SECRET], unwatched)
    for secret in (KEY, SECRET):
        assert secret not in caplog.text
        assert secret not in repr(raised.value.__context__) + repr(raised.value)
